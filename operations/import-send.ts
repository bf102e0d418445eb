import { masked, pieces } from "./import-statements";
import { innerOf, understood, type Sentence } from "./import-sentences";
import { openPacked } from "./import-files";
import { parts } from "./import-values";
import type { Dump } from "./import-dump";

/** Characters of one INSERT, which is one transaction of the cluster. */
const oneTransaction = 2 ** 20;

/**
 * The dump as the cluster takes it, statement by statement: tables and rows alone, under the prefix of this stack, in
 * InnoDB with a primary key each. Each comes behind a line with its length in bytes.
 */
export async function* framed(dump: Dump): AsyncGenerator<Buffer> {
    for await (const statement of translated(dump)) {
        const bytes = Buffer.from(statement, "latin1");
        yield Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]);
    }
}

async function* translated(dump: Dump): AsyncGenerator<string> {
    for await (const piece of pieces(openPacked(dump.file))) {
        if (piece.kind !== "statement") continue;
        const sentence = understood(piece.text);
        if (sentence.kind !== "create" && sentence.kind !== "insert") continue;
        const table = dump.tables.get(sentence.table);
        if (table === undefined || dump.others.includes(sentence.table)) continue;
        if (sentence.kind === "insert") {
            const text = renamed(sentence.text, dump);
            const moved = sentence.valuesAt + text.length - sentence.text.length;
            yield* parts(text, moved, oneTransaction);
        } else {
            yield renamed(withKey(inInnoDb(innerOf(piece.text)), sentence), dump);
            // What phpMyAdmin writes after all rows; here no row comes before its key.
            for (const change of table.changes) {
                const text = renamed(innerOf(change), dump);
                const takesPlace = !sentence.hasKey && addsKey(change);
                yield takesPlace ? text.replace(/\bADD\b/i, `DROP COLUMN ${standIn}, ADD`) : text;
            }
        }
    }
}

/** The name that a table of the dump has in this stack. */
export function nameHere(name: string, dump: Pick<Dump, "prefix">): string {
    return name.startsWith(dump.prefix) ? `wp_${name.slice(dump.prefix.length)}` : name;
}

/** With the names of tables, where a statement names one, as they are here. */
function renamed(text: string, dump: Dump): string {
    const found = /^(?:INSERT|REPLACE)/i.test(text)
        ? [insertInto.exec(text)].filter((match) => match !== null)
        : [...masked(text).matchAll(ofTable)];
    let to = "";
    let last = 0;
    for (const { 0: whole, 1: words = "", 2: quoted = "", index } of found) {
        const name = quoted.startsWith("`") ? quoted.slice(1, -1) : quoted;
        if (!dump.tables.has(name)) continue;
        to += `${text.slice(last, index)}${words}\`${nameHere(name, dump)}\``;
        last = index + whole.length;
    }
    return to + text.slice(last);
}

const table = "(`(?:[^`]|``)+`|[\\w$]+)";
const insertInto = new RegExp(`^((?:INSERT|REPLACE)(?: IGNORE)?(?: INTO)? )${table}`, "i");
const ofTable = new RegExp(`\\b((?:TABLE(?: IF NOT EXISTS)?|ON|REFERENCES)\\s+)${table}`, "gi");

/** Galera replicates InnoDB alone; what other engines have of their own goes. */
function inInnoDb(text: string): string {
    const visible = masked(text);
    const at = visible.search(/\b(?:ENGINE|TYPE)\s*=\s*\w+/i);
    if (at < 0 || /^\w+\s*=\s*InnoDB\b/i.test(visible.slice(at))) return text;
    const options = text
        .slice(at)
        .replace(/^\w+\s*=\s*\w+/, "ENGINE=InnoDB")
        .replace(
            /\b(?:ROW_FORMAT|(?:PAGE_)?CHECKSUM|DELAY_KEY_WRITE|TRANSACTIONAL|PACK_KEYS|INSERT_METHOD|KEY_BLOCK_SIZE)\s*=\s*\w+/gi,
            "",
        )
        .replace(/\b(?:DATA|INDEX) DIRECTORY\s*=\s*'[^']*'|\bUNION\s*=\s*\([^)]*\)/gi, "");
    return text.slice(0, at) + options;
}

const standIn = "testudo_row";

/** No table is made here without a primary key; a column that no `SELECT *` shows is one. */
function withKey(text: string, { hasKey, autoIncrement }: Created): string {
    if (hasKey) return text;
    const key =
        autoIncrement === undefined
            ? `${standIn} bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY`
            : `PRIMARY KEY (\`${autoIncrement}\`)`;
    const at = text.indexOf("(") + 1;
    return `${text.slice(0, at)}\n  ${key},${text.slice(at)}`;
}

type Created = Pick<Extract<Sentence, { kind: "create" }>, "hasKey" | "autoIncrement">;

function addsKey(change: string): boolean {
    const sentence = understood(change);
    return sentence.kind === "change" && sentence.addsKey;
}
