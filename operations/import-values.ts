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
const before = /\s*(?:_binary\s*)?/iy;
const bare = /[^,'()]+/y;
const after = /\s*(?:,|$)/y;

/** What stands between quoted texts. */
export function* unquotedOf(text: string, from: number): Generator<string> {
    const mark = /['"]/g;
    mark.lastIndex = from;
    let begin = from;
    for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
        yield text.slice(begin, found.index);
        begin = mark.lastIndex = endOfQuoted(text, found.index);
    }
    yield text.slice(begin);
}

/** The end of what `pattern` finds at `at`; `undefined` where it finds nothing. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** What a row holds: texts as they are in the table, anything else as it is written, NULL as `null`. */
export function valuesOf(row: string): (string | null)[] {
    const inner = row.slice(1, -1);
    const found: (string | null)[] = [];
    for (let at: number | undefined = 0; at !== undefined && at < inner.length;) {
        const begin: number = endOf(before, inner, at) ?? at;
        // A doubled mark stands for one.
        let end = endOf(bare, inner, begin);
        if (inner[begin] === "'") {
            end = endOfQuoted(inner, begin);
            while (inner[end] === "'") end = endOfQuoted(inner, end);
        }
        if (end === undefined) break;
        const text = inner.slice(begin, end);
        if (text.startsWith("'"))
            found.push(
                text
                    .slice(1, -1)
                    .replace(/\\([\s\S])|''/g, (_, letter?: string) =>
                        letter === undefined ? "'" : (escapes[letter] ?? letter),
                    ),
            );
        else found.push(/^null$/i.test(text.trim()) ? null : text.trim());
        at = endOf(after, inner, end);
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
