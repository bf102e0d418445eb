import { masked, wordsAlone } from "./import-statements";
import { unquotedOf } from "./import-values";

/** What a statement of a dump means for an import. */
export type Sentence =
    | { readonly kind: "nothing" }
    | { readonly kind: "refused"; readonly why: string }
    | { readonly kind: "setting"; readonly text: string }
    | { readonly kind: "database"; readonly name: string }
    | {
          readonly kind: "create";
          readonly table: string;
          readonly columns: readonly string[];
          readonly engine: string;
          readonly hasKey: boolean;
          readonly autoIncrement: string | undefined;
          readonly collations: readonly string[];
      }
    | { readonly kind: "change"; readonly table: string; readonly addsKey: boolean }
    | {
          readonly kind: "insert";
          readonly table: string;
          readonly columns: readonly string[] | undefined;
          readonly text: string;
          /** Where the first row begins, at the latest. */
          readonly valuesAt: number;
      };

const name = "(`(?:[^`]|``)+`|[A-Za-z0-9_$]+)";
const patterns = {
    create: new RegExp(`^CREATE TABLE (?:IF NOT EXISTS )?${name}\\s*(\\.)?`, "i"),
    insert: new RegExp(`^(?:INSERT|REPLACE)(?: IGNORE)?(?: INTO)? ${name}\\s*(\\.)?`, "i"),
    rows: /\s*(\((?:`(?:[^`]|``)+`|[\w$,\s])+\))?\s*VALUES\s*(?=\()/iy,
    alter: new RegExp(`^ALTER TABLE (?:ONLY )?${name}\\s*(\\.)?`, "i"),
    index: new RegExp(
        `^CREATE (?:UNIQUE |FULLTEXT )?INDEX ${name} (?:USING \\w+ )?ON ${name}\\s*(\\.)?`,
        "i",
    ),
    database: new RegExp(`^(?:CREATE DATABASE(?: IF NOT EXISTS)?|USE) ${name}`, "i"),
    column: /(?:^|[(,])\s*`((?:[^`]|``)+)`\s+\w/gm,
} as const;
const systemDatabases = /^(?:mysql|sys|performance_schema|information_schema)$/i;
const rights =
    "import takes tables and their rows, and nothing with rights of its own: dump the database of WordPress alone";

/** Without the wrapper of what only newer servers run, and the mark at its end. */
export function innerOf(text: string): string {
    const bare = text.replace(/;\s*$/, "").trim();
    return (/^\/\*M?!\d*\s*([\s\S]*?)\s*\*\/$/.exec(bare)?.[1] ?? bare).replace(
        /^(\w+)\s+(\w+)\s+/,
        "$1 $2 ",
    );
}

export function understood(statement: string): Sentence {
    const text = innerOf(statement);
    const first = text.slice(0, 300);
    if (/^(?:LOCK|UNLOCK|START|BEGIN|COMMIT|ANALYZE|CHECK)\b/i.test(first) || text === "")
        return { kind: "nothing" };
    if (/^DROP (?:TABLE|DATABASE|VIEW)\b/i.test(first)) return { kind: "nothing" };
    if (/^SET\b/i.test(first)) return setting(text);
    if (/^(?:CREATE DATABASE|USE)\b/i.test(first)) return database(first);
    if (/^(?:INSERT|REPLACE)\b/i.test(first)) return insert(text);
    if (/^CREATE TABLE\b/i.test(first)) return create(text);
    if (/^ALTER TABLE\b|^CREATE (?:UNIQUE |FULLTEXT )?INDEX\b/i.test(first)) return change(text);
    return { kind: "refused", why: stranger(text) };
}

/** How a statement begins, for people: what is in quotes or rows is nobody's business. */
export function wordsOf(text: string): string {
    return (/^[^'"(]*/.exec(innerOf(text))?.[0] ?? "").replace(/\s+/g, " ").trim().slice(0, 60);
}

function stranger(text: string): string {
    const what = `"${wordsOf(text)}"`;
    const kind = /^(?:CREATE|ALTER).*?\b(TRIGGER|PROCEDURE|FUNCTION|EVENT|VIEW)\b/is.exec(
        text.slice(0, 500),
    )?.[1];
    if (kind !== undefined || /^DELIMITER/i.test(text))
        return `${what}: a ${(kind ?? "routine").toLowerCase()} runs with rights of its own (DEFINER); dump with --skip-triggers, without --routines and --events, and without views`;
    return `${what}: ${rights}`;
}

function setting(text: string): Sentence {
    // What the old server has replicated is of no meaning here.
    if (/^SET (?:@@GLOBAL\.|GLOBAL )GTID_/i.test(text)) return { kind: "nothing" };
    return /^SET\s+(?:GLOBAL|PASSWORD|ROLE|DEFAULT ROLE|PERSIST)\b|@@(?:GLOBAL|PERSIST)\.\w+\s*:?=/i.test(
        masked(text),
    )
        ? { kind: "refused", why: `"${wordsOf(text)}": ${rights}` }
        : { kind: "setting", text };
}

function database(text: string): Sentence {
    const found = unquoted(patterns.database.exec(text)?.[1] ?? "");
    return systemDatabases.test(found)
        ? {
              kind: "refused",
              why: `database ${found} is the old server's own, with its accounts; dump that of WordPress alone`,
          }
        : { kind: "database", name: found };
}

function insert(text: string): Sentence {
    const match = patterns.insert.exec(text);
    const at = match?.[0].length ?? 0;
    patterns.rows.lastIndex = at;
    const found = patterns.rows.exec(text);
    if (match === null || found === null)
        return { kind: "refused", why: `"${wordsOf(text)}": not the rows of a table` };
    if (match[2] !== undefined) return foreign(text);
    for (const part of unquotedOf(text, patterns.rows.lastIndex))
        if (/\bSELECT\b|\/\*|`|#|--\s/i.test(part))
            return {
                kind: "refused",
                why: `"${wordsOf(text)}": has more than values in its rows (a query, a comment or a name)`,
            };
    return {
        kind: "insert",
        table: unquoted(match[1] ?? ""),
        columns: found[1]
            ?.slice(1, -1)
            .split(",")
            .map((column) => unquoted(column.trim())),
        text,
        valuesAt: patterns.rows.lastIndex,
    };
}

function create(text: string): Sentence {
    const match = patterns.create.exec(text);
    const visible = masked(text);
    const sql = wordsAlone(text);
    if (match === null || /\bSELECT\b/i.test(sql))
        return { kind: "refused", why: `"${wordsOf(text)}": not the definition of a table` };
    if (match[2] !== undefined) return foreign(text);
    return {
        kind: "create",
        table: unquoted(match[1] ?? ""),
        columns: [...visible.matchAll(patterns.column)].map((column) => column[1] ?? ""),
        engine: /\b(?:ENGINE|TYPE)\s*=\s*(\w+)/i.exec(sql)?.[1] ?? "InnoDB",
        hasKey: /\bPRIMARY KEY\b/i.test(sql),
        autoIncrement: /`((?:[^`]|``)+)`[^,\n]*\bAUTO_INCREMENT\b(?!\s*=)/i.exec(visible)?.[1],
        collations: [...visible.matchAll(/\bCOLLATE[\s=]+(\w+)/gi)].map((one) => one[1] ?? ""),
    };
}

function change(text: string): Sentence {
    const index = patterns.index.exec(text);
    const match = patterns.alter.exec(text);
    const table = index?.[2] ?? match?.[1];
    if (table === undefined) return { kind: "refused", why: stranger(text) };
    if ((index?.[3] ?? match?.[2]) !== undefined) return foreign(text);
    const visible = wordsAlone(text);
    if (/\b(?:DISABLE|ENABLE) KEYS\b/i.test(visible)) return { kind: "nothing" };
    if (/\b(?:RENAME|EXCHANGE|IMPORT|DISCARD|SELECT)\b|\/\*/i.test(visible))
        return { kind: "refused", why: stranger(text) };
    return {
        kind: "change",
        table: unquoted(table),
        addsKey: /\bADD (?:CONSTRAINT \S+ )?PRIMARY KEY\b/i.test(visible),
    };
}

function foreign(text: string): Sentence {
    return {
        kind: "refused",
        why: `"${wordsOf(text)}" names a database beside its table; dump one database without its name (no --databases)`,
    };
}

function unquoted(text: string): string {
    return text.startsWith("`") ? text.slice(1, -1).replaceAll("``", "`") : text;
}

/** Enough of them to go on with. */
export function shortened(faults: readonly string[]): string[] {
    const most = 12;
    return [
        ...faults.slice(0, most),
        ...(faults.length > most ? [`… and ${faults.length - most} more`] : []),
    ];
}
