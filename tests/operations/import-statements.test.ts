import fc from "fast-check";
import { pieces, type Piece } from "../../operations/import-statements";
import { understood } from "../../operations/import-sentences";
import { parts, rows, valuesOf } from "../../operations/import-values";

// How a dump is taken apart, whatever is in it.

async function taken(chunks: readonly string[]): Promise<Piece[]> {
    const all: Piece[] = [];
    const source = (async function* () {
        for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk, "latin1"));
    })();
    for await (const piece of pieces(source)) all.push(piece);
    return all;
}

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

test("what would reach another schema is refused, however it is hidden", () => {
    const kind = (text: string) => understood(text).kind;
    const hostile = [
        "INSERT INTO `wp_x` VALUES ((SELECT user_pass FROM wordpress.wp_users LIMIT 1))",
        "INSERT INTO `wp_x` VALUES (1) -- '\n,((SELECT 1)) -- '",
        "INSERT INTO `wp_x` VALUES (1,'it\\'s', (/*!50000 SELECT*/ 1))",
        "ALTER TABLE `wp_x` ADD `it's` int, RENAME TO wordpress.wp_x, ADD `it's2` int",
        "ALTER TABLE `wp_x` /*!50000 RENAME TO wordpress.wp_y */",
        "CREATE TABLE `wp_x` (`it's` int) AS/**/(SELECT 'it' FROM wordpress.wp_users)",
    ];
    for (const text of hostile) expect([text, kind(text)]).toEqual([text, "refused"]);
    expect(
        kind("INSERT INTO `wp_x` VALUES (1,'SELECT /* # -- ` \\' it''s',NULL,-1.5e3,0xFF)"),
    ).toBe("insert");
});

test("a value of many megabytes is read", () => {
    const long = "it''s \\\\ ".repeat(600_000);
    expect(valuesOf(`(1, '${long}', NULL,_binary 'b')`)).toEqual([
        "1",
        "it's \\ ".repeat(600_000),
        null,
        "b",
    ]);
});
