import fc from "fast-check";
import { pieces, type Piece } from "../../operations/import-statements";
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
