import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { exported, smallDump, survey } from "../helpers/dumps";

// What a dump is taken for, on the operator's machine. The export was made by make-wordpress-export, outside of any stack.

async function refused(text: string | Buffer, name?: string): Promise<string> {
    const dump = await survey(text, name).catch((error: unknown) => error as Error);
    return dump instanceof Error ? dump.message : "accepted";
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
    const said = await refused(smallDump(statement));
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
    const dump = smallDump(
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

test("HeidiSQL's last line ends a dump, and utf8mb3 is told to PHP by its old name", async () => {
    const text = smallDump("SET NAMES utf8mb3;")
        .replace(/^-- Dump completed.*$/m, "")
        .concat("\n/*!40111 SET SQL_NOTES=IFNULL(@OLD_SQL_NOTES, 1) */;\n");
    expect(text).not.toContain("Dump completed");
    expect((await survey(text)).charset).toBe("utf8");
});

test("tables without a prefix are refused: nobody could tell their settings apart", async () => {
    expect(await refused(smallDump().replaceAll("`wp_", "`"))).toMatch(/have no prefix/);
});
