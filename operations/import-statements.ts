/** A part of a dump. Bytes are characters (latin1), so that nothing of any character set is lost. */
export interface Piece {
    readonly kind: "comment" | "statement" | "unfinished";
    /** On which it begins. */
    readonly line: number;
    readonly text: string;
}

const special = /['"`;]|\/\*(?!M?!)|--[ \t\n]|#/g;
const enough = 16;

/** Takes a dump apart into statements and comments on lines of their own, however large it is. */
export async function* pieces(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
    const reader = new Reader();
    for await (const chunk of source) {
        reader.add(chunk.toString("latin1"));
        for (let piece = reader.next(); piece !== undefined; piece = reader.next()) yield piece;
    }
    reader.end();
    for (let piece = reader.next(); piece !== undefined; piece = reader.next()) yield piece;
}

class Reader {
    private text = "";
    /** Up to here the statement at the beginning of `text` has been looked at. */
    private seen = 0;
    private inside = false;
    /** What ends the quoted text or comment at `seen`. */
    private closing: Mark | undefined;
    private line = 1;
    private ended = false;

    add(text: string): void {
        this.text += text;
    }

    end(): void {
        this.ended = true;
    }

    /** `undefined` where more of the dump is needed. */
    next(): Piece | undefined {
        return this.inside || this.begin() ? (this.comment() ?? this.statement()) : undefined;
    }

    private begin(): boolean {
        const blank = /^\s*/.exec(this.text)?.[0].length ?? 0;
        this.take(blank);
        if (this.text.length < enough && !this.ended) return false;
        return this.text !== "";
    }

    /** A comment that is no part of a statement, or a word to the client that ends with its line. */
    private comment(): Piece | undefined {
        if (this.inside) return undefined;
        const [open, close] = openingOf(this.text);
        if (open === undefined) {
            this.inside = true;
            return undefined;
        }
        const at = this.text.indexOf(close, open.length);
        if (at < 0 && !this.ended) return undefined;
        const length = at < 0 ? this.text.length : at + close.length;
        const kind = open.startsWith("D") ? "statement" : "comment";
        return this.take(length, kind);
    }

    private statement(): Piece | undefined {
        while (this.inside) {
            if (this.closing !== undefined) {
                if (!this.close(this.closing)) break;
                continue;
            }
            special.lastIndex = this.seen;
            const found = special.exec(this.text);
            // A mark of two characters may be cut in two.
            if (found === null || (this.text.length - found.index < 4 && !this.ended)) {
                this.seen = found?.index ?? Math.max(this.seen, this.text.length - 3);
                break;
            }
            this.seen = found.index + found[0].length;
            if (found[0] === ";") return this.take(this.seen, "statement");
            this.closing = closings[found[0].slice(0, 2)] ?? "\n";
        }
        if (!this.inside || !this.ended) return undefined;
        return this.take(this.text.length, "unfinished");
    }

    /** Goes to the end of a quoted text; `false` where that has not come yet. */
    private close(mark: Mark): boolean {
        const stop = stops[mark];
        for (;;) {
            stop.lastIndex = this.seen;
            const found = stop.exec(this.text);
            if (found === null) {
                this.seen = Math.max(this.seen, this.text.length - mark.length + 1);
                return false;
            }
            if (found[0] === "\\") {
                this.seen = found.index;
                // What is escaped may be in the next part.
                if (this.seen + 2 > this.text.length) return false;
                this.seen += 2;
                continue;
            }
            // A doubled mark opens at once what it has closed.
            this.seen = found.index + mark.length;
            this.closing = undefined;
            return true;
        }
    }

    private take(length: number, kind: Piece["kind"] = "comment"): Piece {
        const text = this.text.slice(0, length);
        const piece = { kind, line: this.line, text: text.trim() };
        for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.line++;
        this.text = this.text.slice(length);
        this.seen = 0;
        this.inside = false;
        this.closing = undefined;
        return piece;
    }
}

const stops = {
    "'": /[\\']/g,
    '"': /[\\"]/g,
    "`": /`/g,
    "\n": /\n/g,
    "*/": /\*\//g,
} as const;
type Mark = keyof typeof stops;
const closings: Readonly<Record<string, Mark>> = {
    "'": "'",
    '"': '"',
    "`": "`",
    "/*": "*/",
};

function openingOf(text: string): [string | undefined, string] {
    if (/^(?:--(?:\s|$)|#)/.test(text)) return ["-", "\n"];
    // MariaDB's first line: a word to its client.
    if (/^\/\*M?!999999\\-/.test(text)) return ["/*", "*/"];
    if (/^\/\*(?!M?!)/.test(text)) return ["/*", "*/"];
    if (/^DELIMITER\s/i.test(text)) return ["D", "\n"];
    return [undefined, ""];
}

const hidden =
    /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`|\/\*(?!M?!)[\s\S]*?(?:\*\/|$)|--(?:\s[^\n]*|$)|#[^\n]*/g;

/**
 * The same text, as long as it is, with quoted texts and comments blotted out: words in it are words of SQL, or names in
 * backticks.
 */
export function masked(text: string): string {
    return text.replace(hidden, (found) => {
        if (found.startsWith("`")) return found;
        return /^['"]/.test(found)
            ? "'".padEnd(found.length - 1, " ").padEnd(found.length, "'")
            : " ".repeat(found.length);
    });
}

/** Without names as well: what is left are words of SQL. */
export function wordsAlone(text: string): string {
    return masked(text).replace(/`[^`]*`/g, (found) => "`".repeat(found.length));
}
