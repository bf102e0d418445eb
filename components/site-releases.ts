import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { PhpSite } from "./cluster/sites";
import type { BroughtUp } from "./host/bring-up";
import { digest } from "./host/bundle";
import type { SiteArchive } from "./host/site-archive";
import { script } from "./host/steps";

export interface SiteReleasesArgs {
    readonly archives: readonly SiteArchive[];
    /** Web and app hosts, a merged one once. */
    readonly hosts: readonly BroughtUp[];
    readonly stackKey: pulumi.Input<string>;
    /** Everything that a site needs to work. */
    readonly after: readonly pulumi.Resource[];
}

const scripts = {
    app: "/usr/local/lib/testudo/app/release-site",
    web: "/usr/local/lib/testudo/web/release-site",
} as const;

/**
 * Brings the code of sites that are no package to every web and app host, then shows it to visitors, web host by web
 * host: the first one on which it does not answer keeps the code before it, and so do all after it. Old code is
 * taken away when no web host names it any more.
 * The archives travel beside the state: it knows their names and hashes.
 * @returns the last steps of each site
 */
export function releaseSites(
    name: string,
    args: SiteReleasesArgs,
    parent: pulumi.Resource,
): pulumi.Resource[] {
    return args.archives.flatMap((archive) => {
        const unpacked = args.hosts.map((host) => unpack(name, archive, host, args, parent));
        const uses: pulumi.Resource[] = [];
        for (const host of args.hosts.filter(({ spec }) => spec.roles.includes("web"))) {
            uses.push(
                step(`${name}-${host.name}-${archive.site.id}-use`, "use", archive, host, args, {
                    parent,
                    dependsOn: [...unpacked, ...uses.slice(-1)],
                }),
            );
        }
        return args.hosts.map((host) =>
            step(`${name}-${host.name}-${archive.site.id}-keep`, "keep", archive, host, args, {
                parent,
                dependsOn: uses.slice(-1),
            }),
        );
    });
}

function unpack(
    name: string,
    archive: SiteArchive,
    host: BroughtUp,
    args: SiteReleasesArgs,
    parent: pulumi.Resource,
): pulumi.Resource {
    const label = `${name}-${host.name}-${archive.site.id}`;
    const copy = new command.remote.CopyToRemote(
        `${label}-copy`,
        {
            connection: host.connection,
            source: new pulumi.asset.FileAsset(archive.file),
            remotePath: `/var/lib/testudo/incoming/${archive.site.id}-${archive.id}.tar.gz`,
            triggers: [host.machineId],
        },
        {
            parent,
            dependsOn: [host.machine, host.base, ...args.after],
            deletedWith: host.machine,
        },
    );
    return step(`${label}-unpack`, "unpack", archive, host, args, { parent, dependsOn: [copy] });
}

function step(
    label: string,
    order: "unpack" | "use" | "keep",
    { site, id }: SiteArchive,
    host: BroughtUp,
    args: SiteReleasesArgs,
    options: { readonly parent: pulumi.Resource; readonly dependsOn: pulumi.Resource[] },
): pulumi.Resource {
    return script(
        label,
        host,
        {
            script: host.spec.roles.includes("web") ? scripts.web : scripts.app,
            values: {
                order,
                site: site.id,
                key: site.key,
                id,
                ...(order === "unpack" ? {} : { document_root: site.code.documentRoot }),
                ...(order === "use" ? { host: site.host, health_path: site.code.healthPath } : {}),
            },
            version:
                order === "use"
                    ? pulumi.interpolate`use ${site.id} ${id} ${environment(site, args.stackKey)}`
                    : `${order} ${site.id} ${id}`,
            stackKey: args.stackKey,
        },
        { parent: options.parent, dependsOn: [...options.dependsOn, ...args.after] },
    );
}

/** A push puts it into effect; its change is a reason to ask again whether the site works. */
function environment({ code }: PhpSite, stackKey: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.unsecret(
        pulumi.output(stackKey).apply((key) => digest(key, JSON.stringify(code.environment))),
    );
}
