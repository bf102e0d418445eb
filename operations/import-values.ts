/** Where a row of an INSERT stands in its text, without the comma after it. */
export interface Place {
    readonly from: number;
    readonly to: number;
}

/** The rows after VALUES. */
export function* rows(text: string, from: number): Generator<Place> {
    const mark = /['"()]/g;
    let depth = 0;
    let begin = from;
    mark.lastIndex = from;
    for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
        if (found[0] === "(") {
            if (depth++ === 0) begin = found.index;
        } else if (found[0] === ")") {
            if (--depth === 0) yield { from: begin, to: found.index + 1 };
        } else mark.lastIndex = endOfQuoted(text, found.index);
    }
}

/** After the closing mark of what begins at `at`. A doubled mark counts as an end and a new beginning. */
function endOfQuoted(text: string, at: number): number {
    const stop = text[at] === "'" ? /[\\']/g : /[\\"]/g;
    stop.lastIndex = at + 1;
    for (let found = stop.exec(text); found !== null; found = stop.exec(text)) {
        if (found[0] !== "\\") return found.index + 1;
        stop.lastIndex = found.index + 2;
    }
    return text.length;
}

const escapes: Readonly<Record<string, string>> = {
    "0": "\0",
    b: "\b",
    n: "\n",
    r: "\r",
    t: "\t",
    Z: "\x1a",
};
const value = /\s*(?:_binary\s*)?(?:'((?:[^'\\]|\\[\s\S]|'')*)'|([^,'()]+))\s*(?:,|$)/gy;

/** What a row holds: texts as they are in the table, anything else as it is written, NULL as `null`. */
export function valuesOf(row: string): (string | null)[] {
    const inner = row.slice(1, -1);
    const found: (string | null)[] = [];
    value.lastIndex = 0;
    for (let match = value.exec(inner); match !== null; match = value.exec(inner)) {
        const [, quoted, bare = ""] = match;
        if (quoted !== undefined)
            found.push(
                quoted.replace(/\\([\s\S])|''/g, (_, letter?: string) =>
                    letter === undefined ? "'" : (escapes[letter] ?? letter),
                ),
            );
        else found.push(/^null$/i.test(bare.trim()) ? null : bare.trim());
        if (value.lastIndex >= inner.length) break;
    }
    return found;
}

/** The same INSERT in parts of about `most` characters each: one part is one transaction. */
export function* parts(text: string, valuesAt: number, most: number): Generator<string> {
    if (text.length <= most) {
        yield text;
        return;
    }
    const head = text.slice(0, valuesAt);
    let open: Place | undefined;
    for (const row of rows(text, valuesAt)) {
        if (open !== undefined && row.to - open.from > most) {
            yield `${head} ${text.slice(open.from, open.to)}`;
            open = row;
        } else open = { from: open?.from ?? row.from, to: row.to };
    }
    if (open !== undefined) yield `${head} ${text.slice(open.from, open.to)}`;
}
