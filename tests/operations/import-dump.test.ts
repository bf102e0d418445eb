import fc from "fast-check";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { surveyDump, type Dump } from "../../operations/import-dump";
import { framed } from "../../operations/import-send";
import { pieces, type Piece } from "../../operations/import-statements";
import { parts, rows, valuesOf } from "../../operations/import-values";

// What a dump is taken for, on the operator's machine. The export was made by make-wordpress-export, outside of any stack.

const exported = readFileSync(join(__dirname, "..", "fixtures", "wordpress-export.sql"), "latin1");
let folder = "";
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

function survey(text: string | Buffer, name = "site.sql"): Promise<Dump> {
    const file = join(folder, name);
    writeFileSync(file, text, "latin1");
    return surveyDump(file);
}

async function refused(text: string | Buffer, name?: string): Promise<string> {
    const dump = await survey(text, name).catch((error: unknown) => error as Error);
    return dump instanceof Error ? dump.message : "accepted";
}

async function taken(chunks: readonly string[]): Promise<Piece[]> {
    const all: Piece[] = [];
    const source = (async function* () {
        for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk, "latin1"));
    })();
    for await (const piece of pieces(source)) all.push(piece);
    return all;
}

async function sent(dump: Dump): Promise<string[]> {
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

/** The least that is a dump of WordPress. */
function small(...more: string[]): string {
    const tables = ["options", "posts", "users"].map(
        (name) =>
            `CREATE TABLE \`wp_${name}\` (\n  \`id\` int NOT NULL,\n  PRIMARY KEY (\`id\`)\n) ENGINE=InnoDB;`,
    );
    return [
        "-- MySQL dump 10.13  Distrib 8.0.36",
        "-- Server version\t8.0.36",
        ...tables,
        ...more,
        "-- Dump completed on 2026-01-01\n",
    ].join("\n");
}

test("a real export says what it is", async () => {
    const dump = await survey(exported);
    expect(dump.server).toEqual({ product: "MariaDB", version: "11.8.6-MariaDB-0+deb13u1" });
    expect(dump).toMatchObject({
        prefix: "blog7_",
        charset: "utf8mb4",
        timeZone: "+00:00",
        others: [],
    });
    expect(dump.tables.size).toBe(13);
    expect(Object.fromEntries(dump.options)).toMatchObject({
        siteurl: "http://old.example/blog",
        home: "http://old.example/blog",
        template: "twentytwentyfive",
        active_plugins: 'a:1:{i:0;s:23:"guestbook/guestbook.php";}',
    });
    expect(dump.tables.get("blog7_guestbook")).toMatchObject({
        engine: "MyISAM",
        hasKey: false,
        rows: 2,
    });
    expect(dump.tables.get("blog7_posts")).toMatchObject({ engine: "InnoDB", hasKey: true });
});

test("packed or not, it is the same dump", async () => {
    const plain = await survey(exported);
    const packed = await survey(gzipSync(Buffer.from(exported, "latin1")), "site.sql.gz");
    expect({ ...packed, file: "" }).toEqual({ ...plain, file: "" });
});

test("a dump that was cut off anywhere is refused", async () => {
    const end = exported.lastIndexOf("/*!40101 SET CHARACTER_SET_CLIENT=@OLD");
    await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: end }), async (length) => {
            expect(await refused(exported.slice(0, length))).toMatch(/cut off|has no tables/);
        }),
        { numRuns: 60 },
    );
    const packed = gzipSync(Buffer.from(exported, "latin1"));
    expect(await refused(packed.subarray(0, packed.length - 500), "cut.sql.gz")).toMatch(/cut off/);
});

test.each([
    [
        "a user",
        "CREATE USER 'x'@'%' IDENTIFIED BY 'hidden';",
        /site\.sql:15: "CREATE USER": .*rights/,
    ],
    ["rights", "GRANT ALL ON *.* TO 'x'@'%';", /"GRANT ALL ON \*\.\* TO"/],
    [
        "a setting of the server",
        "SET GLOBAL general_log = 1;",
        /site\.sql:15: "SET GLOBAL general_log = 1"/,
    ],
    ["one that hides", "/*!50003 SET @@GLOBAL.read_only = 0 */;", /"SET @@GLOBAL\.read_only = 0"/],
    [
        "a view",
        "/*!50001 CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW `v` AS SELECT 1 */;",
        /a view runs with rights of its own \(DEFINER\)/,
    ],
    ["a trigger", "DELIMITER ;;", /a routine runs with rights of its own/],
    ["accounts", "USE `mysql`;", /site\.sql:15: database mysql is the old server's own/],
    [
        "the old cluster",
        "CREATE TABLE `wsrep_cluster` (\n `a` int\n);",
        /site\.sql:15: table wsrep_cluster is of the old cluster/,
    ],
    ["two databases", "USE `a`;\nUSE `b`;", /has the databases a, b/],
    [
        "a network of sites",
        "CREATE TABLE `wp_blogs` (a int);\nCREATE TABLE `wp_sitemeta` (a int);",
        /site\.sql:15: table wp_blogs: .*multisite/,
    ],
    [
        "a second WordPress",
        "CREATE TABLE `x_options` (a int);\nCREATE TABLE `x_posts` (a int);\nCREATE TABLE `x_users` (a int);",
        /several WordPress sites \(wp_options, x_options\)/,
    ],
    ["another character set", "/*!40101 SET NAMES gbk */;", /character set gbk; dump with/],
    ["a program", "system rm -rf /;", /"system rm -rf \/"/],
    [
        "a table that is made of another",
        "CREATE TABLE `wp_x` AS SELECT * FROM mysql.user;",
        /not the definition of a table/,
    ],
    ["rows that are made of others", "INSERT INTO `wp_posts` SELECT 1;", /not the rows of a table/],
    [
        "another database's table",
        "INSERT INTO `b`.`wp_posts` VALUES (1);",
        /names a database|not the rows/,
    ],
    [
        "rows of nothing",
        "INSERT INTO `wp_none` VALUES (1);",
        /rows of table wp_none, which the dump does not make/,
    ],
] as const)("%s is refused by file and line", async (_, statement, reason) => {
    const said = await refused(small(statement));
    expect(said).toMatch(/^nothing was changed:\n/);
    expect(said).toMatch(reason);
    expect(said).not.toContain("hidden");
});

test("other products and other software are refused", async () => {
    expect(await refused("--\n-- PostgreSQL database dump\n--\nSET x = 1;\n")).toMatch(
        /another product/,
    );
    expect(await refused("CREATE TABLE `a` (`b` int);\n-- Dump completed\n")).toMatch(
        /no tables of WordPress/,
    );
    expect(await refused("")).toMatch(/cut off/);
});

test("what belongs to every dump is no reason to refuse one", async () => {
    const dump = small(
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;",
        "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-2';",
        "# a word",
        "/* another */",
        "LOCK TABLES `wp_posts` WRITE;",
        "/*!40000 ALTER TABLE `wp_posts` DISABLE KEYS */;",
        "START TRANSACTION;",
        "COMMIT;",
    );
    expect(await refused(dump)).toBe("accepted");
});

test("the cluster gets tables and rows alone, under its own prefix, in InnoDB, each with a key", async () => {
    const statements = await sent(await survey(exported));
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
    const dump = small(
        "CREATE TABLE `wp_log` (\n  `id` bigint(20) NOT NULL,\n  `t` text\n) ENGINE=Aria DEFAULT CHARSET=utf8;",
        "INSERT INTO `wp_log` (`id`, `t`) VALUES\n(1, 'ALTER TABLE `wp_log`');",
        "ALTER TABLE `wp_log`\n  ADD PRIMARY KEY (`id`),\n  ADD KEY `t` (`t`(10));",
        "ALTER TABLE `wp_log`\n  MODIFY `id` bigint(20) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=2;",
    );
    const log = (await sent(await survey(dump))).filter((one) => one.includes("wp_log"));
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
    const dump = await survey(
        small(
            "CREATE TABLE `shop_orders` (\n `a` int\n);",
            "INSERT INTO `shop_orders` VALUES (1);",
        ),
    );
    expect(dump.others).toEqual(["shop_orders"]);
    expect((await sent(dump)).join()).not.toContain("shop_orders");
});

// As a dump writes a value.
const escapes: Readonly<Record<string, string>> = {
    "\0": "\\0",
    "\n": "\\n",
    "\r": "\\r",
    "\x1a": "\\Z",
    "'": "\\'",
    '"': '\\"',
    "\\": "\\\\",
};
const quoted = fc
    .string({ unit: "binary" })
    .map((text) => Buffer.from(text).toString("latin1"))
    .map((text) => ({
        text,
        sql: `'${Array.from(text, (one) => escapes[one] ?? one).join("")}'`,
    }));

test("statements are the same wherever the parts of a file end", async () => {
    await fc.assert(
        fc.asyncProperty(
            fc.array(
                fc.oneof(
                    quoted.map(({ sql }) => `INSERT INTO \`t;\` VALUES (1,${sql});\n`),
                    fc.constantFrom("-- it's\n", "/* ; ' */\n", "SET x = 'a''b';\n", "\n"),
                ),
                { minLength: 1 },
            ),
            fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
            async (texts, sizes) => {
                const text = texts.join("");
                const chunks: string[] = [];
                for (let at = 0, turn = 0; at < text.length; turn++) {
                    const size = sizes[turn % sizes.length] ?? 1;
                    chunks.push(text.slice(at, at + size));
                    at += size;
                }
                const whole = await taken([text]);
                expect(await taken(chunks)).toEqual(whole);
                expect(
                    whole.filter(({ kind }) => kind === "statement").map((one) => one.text),
                ).toEqual(
                    texts.filter((one) => /^(?:INSERT|SET)/.test(one)).map((one) => one.trim()),
                );
            },
        ),
    );
});

test("rows are what was written, and stay whole in parts", () => {
    fc.assert(
        fc.property(
            fc.array(fc.tuple(quoted, fc.integer()), { minLength: 1 }),
            fc.integer({ min: 1, max: 200 }),
            (values, most) => {
                const head = "INSERT INTO `t` VALUES";
                const text = `${head} ${values.map(([{ sql }, number]) => `(${sql},${number},NULL)`).join(",")}`;
                const read = [...rows(text, head.length)].map(({ from, to }) =>
                    valuesOf(text.slice(from, to)),
                );
                expect(read).toEqual(
                    values.map(([{ text: one }, number]) => [one, String(number), null]),
                );
                const again = [...parts(text, head.length, most)].flatMap((part) =>
                    [...rows(part, head.length)].map(({ from, to }) => part.slice(from, to)),
                );
                expect(again).toEqual(
                    [...rows(text, head.length)].map(({ from, to }) => text.slice(from, to)),
                );
            },
        ),
    );
});
