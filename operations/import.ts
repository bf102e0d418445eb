import type { Command } from "commander";
import { decide, type Decision, type SiteHere, type Wishes } from "./import-checks";
import { surveyDump, type Dump } from "./import-dump";
import { nameHere } from "./import-send";
import {
    adminOf,
    askSite,
    change,
    loadDump,
    sendUploads,
    settle,
    uploadHosts,
    withRights,
    type Settled,
} from "./import-steps";
import { surveyUploads, type Uploads } from "./import-uploads";
import { Refusal } from "./refusal";
import { largestAltered } from "./release-database";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type Stack } from "./stack";

interface ImportOptions extends Partial<Wishes> {
    readonly dump?: string;
    readonly uploads?: string;
    readonly undo?: true;
    readonly dryRun?: true;
}

export function addImport(program: Command): void {
    program
        .command("import")
        .description("bring a WordPress site from elsewhere into the stack, in place of its own")
        .option("--dump <file>", "its database: .sql, .sql.gz or .sql.zst")
        .option("--uploads <path>", "its wp-content/uploads: a folder or an archive of it")
        .option("--from-url <url...>", "where it was, beside what the dump says itself")
        .option("--overwrite", "put a site aside that has content of its own")
        .option("--deactivate-missing", "go on without plugins and themes that are not here")
        .option("--dry-run", "check everything, say what would be done, change nothing")
        .option("--undo", "bring back the site that the last import has put aside")
        .action(async (options: ImportOptions, command: Command) => {
            const report = reportOf(command);
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            if (options.undo === true) await undo(await openStack(stack), report);
            else await bringIn(() => openStack(stack), options, report);
        });
}

/** The files are read to their end before anybody asks the stack. */
export async function bringIn(
    open: () => Promise<Stack>,
    options: ImportOptions,
    report: Report,
): Promise<void> {
    if (options.dump === undefined)
        throw new Refusal("import needs a dump of the old site: testudo import --dump site.sql.gz");
    const dump = await surveyDump(options.dump);
    const uploads =
        options.uploads === undefined ? undefined : await surveyUploads(options.uploads);
    const stack = await open();
    const { host, here } = await askSite(stack);
    const decision = decide(dump, here, {
        fromUrl: options.fromUrl ?? [],
        overwrite: options.overwrite === true,
        deactivateMissing: options.deactivateMissing === true,
    });
    for (const line of intended(dump, uploads, here, decision)) report.say(line);
    if (options.dryRun === true) {
        report.result({ changed: false, ...decision }, "nothing was changed (--dry-run)");
        return;
    }
    const takers = uploads === undefined ? [] : await uploadHosts(stack, host);
    const settled = await withRights(stack, async () => {
        report.say(
            `${host}: loading ${dump.tables.size - dump.others.length} tables beside the living site`,
        );
        await loadDump(stack, host, dump);
        report.say(`${host}: addresses, administrator, WordPress' version`);
        const result = await settle(stack, host, dump, decision);
        // Files of the same name are those of the living site until here.
        for (const name of takers) {
            report.say(`${name}: uploads`);
            if (uploads !== undefined) await sendUploads(stack, name, uploads);
        }
        report.say(`${host}: the new site takes the place of the old one`);
        await change(stack, host, "swap", (line) => {
            report.say(line);
        });
        return result;
    });
    report.result({ changed: true, ...decision, ...settled }, summary(settled, stack));
}

export async function undo(stack: Stack, report: Report): Promise<void> {
    const { host } = await askSite(stack);
    report.say("what was written since the import goes aside with it; uploads stay as they are");
    await withRights(stack, () =>
        change(stack, host, "undo", (line) => {
            report.say(line);
        }),
    );
    report.result(
        { changed: true },
        "the site from before the import is back; the imported one lies in wordpress_import until the next import",
    );
}

/** What an import is about to do and to break. */
function intended(
    dump: Dump,
    uploads: Uploads | undefined,
    here: SiteHere,
    { from, missingPlugins, theme, upgrade }: Decision,
): string[] {
    const tables = [...dump.tables].filter(([name]) => !dump.others.includes(name));
    const rows = tables.reduce((sum, [, table]) => sum + table.rows, 0);
    const named = (wanted: typeof tables) =>
        wanted.map(([name]) => nameHere(name, dump)).join(", ");
    const converted = tables.filter(([, { engine }]) => !/^innodb$/i.test(engine));
    const keyless = tables.filter(([, { hasKey }]) => !hasKey);
    const large = tables.filter(([, { bytes }]) => upgrade && bytes > largestAltered);
    const { product, version } = dump.server;
    return [
        `${dump.options.get("blogname") ?? "site"}: ${tables.length} tables, ${rows} rows, of ${product} ${version}`,
        `${from.join(", ")} becomes ${here.url}; posts' guid stays`,
        ...(dump.prefix === "wp_" ? [] : [`prefix ${dump.prefix} becomes wp_`]),
        ...(converted.length === 0 ? [] : [`becomes InnoDB: ${named(converted)}`]),
        ...(keyless.length === 0 ? [] : [`gets a primary key: ${named(keyless)}`]),
        ...(dump.others.length === 0
            ? []
            : [`left out, since they have another prefix: ${dump.others.join(", ")}`]),
        ...(missingPlugins.length === 0 ? [] : [`deactivated: ${missingPlugins.join(", ")}`]),
        ...(theme === null ? [] : [`theme: ${theme}, since the old one is not here`]),
        ...(upgrade ? [`WordPress brings the tables to version ${here.dbVersion}`] : []),
        ...(large.length === 0
            ? []
            : [
                  `may be too large for that: ${named(large)}. A statement of PHP ends after 60 s; if it fails nothing has changed: bring the old site to WordPress' version here before you dump it`,
              ]),
        ...(uploads === undefined
            ? ["no uploads: pictures of the old site will be missing (--uploads)"]
            : [
                  `${uploads.files} files, ${Math.ceil(uploads.bytes / 2 ** 20)} MiB of uploads; files of the same name are replaced`,
                  ...(uploads.left.length === 0
                      ? []
                      : [
                            `left out of the uploads (programs, links, hidden): ${uploads.left.slice(0, 5).join(", ")}${uploads.left.length > 5 ? ` and ${uploads.left.length - 5} more` : ""}`,
                        ]),
              ]),
        `the site that is there (${here.posts} posts and files, ${here.users} users) goes aside; who is logged in is logged out`,
    ];
}

function summary({ url, rewritten, unreadable, admin, users }: Settled, stack: Stack): string {
    const rows = Object.values(rewritten).reduce((sum, count) => sum + count, 0);
    const name = adminOf(stack);
    const who = {
        kept: `${name} is in both sites and logs in with this stack's password`,
        added: `${name} of this stack came along as an administrator`,
        none: `${name} of this stack did not come along: it was not in the site before`,
    }[admin];
    return [
        `${url} is the imported site: ${rows} rows with a new address, ${users} users with their old passwords; ${who}`,
        ...(unreadable === 0
            ? []
            : [
                  `${unreadable} values name the old address and could not be read; they are as they were`,
              ]),
        "back to the site before: testudo import --undo",
    ].join("\n");
}
