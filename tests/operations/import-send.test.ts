import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { surveyDump } from "../../operations/import-dump";
import { framed } from "../../operations/import-send";
import { exported, smallDump, survey } from "../helpers/dumps";

// What a dump becomes on its way to the cluster.

let folder = "";
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

async function sent(text: string): Promise<string[]> {
    const file = join(folder, "site.sql");
    writeFileSync(file, text, "latin1");
    const dump = await surveyDump(file);
    const all: Buffer[] = [];
    for await (const frame of framed(dump)) all.push(frame);
    return all.map((frame) => {
        const text = frame.toString("latin1");
        const [head = ""] = text.split("\n", 1);
        const statement = text.slice(head.length + 1);
        expect(statement).toHaveLength(Number(head));
        return statement;
    });
}

test("the cluster gets tables and rows alone, under its own prefix, in InnoDB, each with a key", async () => {
    const statements = await sent(exported);
    const all = statements.join("\n");
    expect(all).not.toMatch(/`blog7_|MyISAM|ROW_FORMAT=FIXED/);
    expect(statements.every((one) => /^(?:CREATE TABLE|INSERT INTO) `wp_/.test(one))).toBe(true);
    const guestbook = statements.find((one) => one.startsWith("CREATE TABLE `wp_guestbook`"));
    expect(guestbook).toMatch(
        /testudo_row bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY/,
    );
    // Not a byte of a row is another one.
    const bodies = (text: string) =>
        [...text.matchAll(/^\((\d+,[\s\S]*?)\)[,;]?$/gm)].map((one) => one[1]);
    expect(bodies(all).length).toBeGreaterThan(100);
    expect(bodies(all)).toEqual(bodies(exported));
});

test("keys that come after the rows, as phpMyAdmin writes them, come before", async () => {
    const dump = smallDump(
        "CREATE TABLE `wp_log` (\n  `id` bigint(20) NOT NULL,\n  `t` text\n) ENGINE=Aria DEFAULT CHARSET=utf8;",
        "INSERT INTO `wp_log` (`id`, `t`) VALUES\n(1, 'ALTER TABLE `wp_log`');",
        "ALTER TABLE `wp_log`\n  ADD PRIMARY KEY (`id`),\n  ADD KEY `t` (`t`(10));",
        "ALTER TABLE `wp_log`\n  MODIFY `id` bigint(20) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=2;",
    );
    const log = (await sent(dump)).filter((one) => one.includes("wp_log"));
    expect(log.map((one) => one.slice(0, 12))).toEqual([
        "CREATE TABLE",
        "ALTER TABLE ",
        "ALTER TABLE ",
        "INSERT INTO ",
    ]);
    expect(log[0]).toMatch(/\(\n {2}testudo_row [^,]*,\n {2}`id`[\s\S]*ENGINE=InnoDB DEFAULT/);
    expect(log[1]).toMatch(/DROP COLUMN testudo_row, ADD PRIMARY KEY \(`id`\)/);
});

test("tables of something else stay out, and are named", async () => {
    const dump = smallDump(
        "CREATE TABLE `shop_orders` (\n `a` int\n);",
        "INSERT INTO `shop_orders` VALUES (1);",
    );
    expect((await survey(dump)).others).toEqual(["shop_orders"]);
    expect((await sent(dump)).join()).not.toContain("shop_orders");
});
