import { basename } from "node:path";
import { openPacked } from "./import-files";
import { pieces, type Piece } from "./import-statements";
import { shortened, understood, wordsOf, type Sentence } from "./import-sentences";
import { rows, valuesOf } from "./import-values";
import { Refusal } from "./refusal";

export interface DumpTable {
    readonly line: number;
    readonly columns: readonly string[];
    readonly engine: string;
    readonly autoIncrement: string | undefined;
    hasKey: boolean;
    /** Statements after its first one that change it, in their order. */
    readonly changes: string[];
    rows: number;
    /** Of its rows' statements: about as large as it becomes. */
    bytes: number;
}

/** What a dump says of itself, read to its end. */
export interface Dump {
    readonly file: string;
    readonly tables: ReadonlyMap<string, DumpTable>;
    readonly server: { readonly product: "MariaDB" | "MySQL"; readonly version: string };
    readonly charset: string;
    readonly timeZone: string | undefined;
    readonly collations: readonly string[];
    /** `wp_`, or what the old site had in its place. */
    readonly prefix: string;
    /** Tables of something else. */
    readonly others: readonly string[];
    readonly options: ReadonlyMap<string, string>;
}

const wantedOptions = new Set(
    "siteurl home blogname active_plugins template stylesheet db_version".split(" "),
);
const charsets = new Set(["utf8mb4", "utf8mb3", "utf8", "latin1"]);
/** What the servers take in one piece is 64 MiB. */
const longest = 60 * 2 ** 20;

/** @throws Refusal with all that is wrong with it, a line each */
export async function surveyDump(file: string): Promise<Dump> {
    const survey = new Survey(basename(file));
    for await (const piece of pieces(openPacked(file))) survey.take(piece);
    return survey.end(file);
}

class Survey {
    private readonly tables = new Map<string, DumpTable>();
    private readonly options = new Map<string, string>();
    private readonly collations = new Set<string>();
    private readonly databases = new Set<string>();
    private readonly faults: string[] = [];
    private product: "MariaDB" | "MySQL" = "MySQL";
    private version = "";
    private charset = "utf8mb4";
    private timeZone: string | undefined;
    private complete = false;
    private cutOff = false;
    private line = 1;

    constructor(private readonly name: string) {}

    take(piece: Piece): void {
        this.line = piece.line;
        if (piece.kind === "comment") {
            this.comment(piece);
            return;
        }
        if (piece.kind === "unfinished") {
            this.cutOff = true;
            this.fault(
                piece,
                `the dump ends inside of a statement (${wordsOf(piece.text)}): it was cut off`,
            );
            return;
        }
        if (piece.text.length > longest)
            this.fault(piece, "a statement of more than 60 MiB; dump with --net-buffer-length=1M");
        const sentence = understood(piece.text);
        if (sentence.kind === "refused") this.fault(piece, sentence.why);
        else this.sentence(sentence, piece);
    }

    end(file: string): Dump {
        if (!this.complete && !this.cutOff && this.faults.length === 0)
            this.faults.push(
                `${this.name}:${this.line}: the dump has no end ("-- Dump completed"): it was cut off`,
            );
        if (this.databases.size > 1)
            this.faults.push(
                `${this.name}: has the databases ${[...this.databases].join(", ")}; import takes one: dump that of WordPress alone`,
            );
        const prefix = this.prefix();
        if (this.faults.length > 0 || prefix === undefined)
            throw new Refusal(`nothing was changed:\n${shortened(this.faults).join("\n")}`);
        const names = [...this.tables.keys()];
        return {
            file,
            tables: this.tables,
            server: { product: this.product, version: this.version },
            charset: this.charset,
            timeZone: this.timeZone,
            collations: [...this.collations],
            prefix,
            others: names.filter((name) => !name.startsWith(prefix)),
            options: this.options,
        };
    }

    private comment({ text, line }: Piece): void {
        if (/^-- .*(?:PostgreSQL|SQLite|pg_dump)/.test(text) && this.tables.size === 0)
            this.fault(
                { line },
                "a dump of another product; WordPress' database is MariaDB or MySQL",
            );
        if (/^-- .*MariaDB/.test(text)) this.product = "MariaDB";
        if (/^-- (?:Dump completed|Dumping finished)/.test(text)) this.complete = true;
        this.version ||=
            /^-- (?:Server version|Server)\s*:?\s*(\d+\.\d+[^\s]*)/.exec(text)?.[1] ?? "";
    }

    private sentence(sentence: Sentence, piece: Piece): void {
        switch (sentence.kind) {
            case "setting":
                this.setting(sentence.text, piece);
                break;
            case "database":
                this.databases.add(sentence.name);
                break;
            case "create":
                this.create(sentence, piece);
                break;
            case "change":
                this.change(sentence, piece);
                break;
            case "insert":
                this.insert(sentence, piece);
                break;
        }
    }

    private setting(text: string, piece: Piece): void {
        // The last word of mysqldump, phpMyAdmin and HeidiSQL, also of those that print no comments.
        if (
            /@OLD_(?:SQL_NOTES|CHARACTER_SET_CLIENT|COLLATION_CONNECTION)\s*(?:,\s*1\s*\)\s*)?$/i.test(
                text,
            )
        )
            this.complete = true;
        const charset = /^SET NAMES '?(\w+)/i.exec(text)?.[1]?.toLowerCase();
        if (charset !== undefined) this.charset = charset === "utf8mb3" ? "utf8" : charset;
        if (charset !== undefined && !charsets.has(charset))
            this.fault(
                piece,
                `character set ${charset}; dump with --default-character-set=utf8mb4`,
            );
        this.timeZone ??= /TIME_ZONE\s*=\s*['"]([+-]\d\d:\d\d)/i.exec(text)?.[1];
    }

    private create(sentence: Sentence & { kind: "create" }, piece: Piece): void {
        const { table } = sentence;
        if (table.startsWith("wsrep_"))
            this.fault(
                piece,
                `table ${table} is of the old cluster's own database, mysql; dump that of WordPress alone`,
            );
        for (const collation of sentence.collations) this.collations.add(collation);
        this.tables.set(table, { ...sentence, line: piece.line, changes: [], rows: 0, bytes: 0 });
    }

    private change(sentence: Sentence & { kind: "change" }, piece: Piece): void {
        const known = this.tables.get(sentence.table);
        if (known === undefined) {
            this.fault(piece, `changes table ${sentence.table}, which the dump does not make`);
            return;
        }
        known.changes.push(piece.text);
        known.hasKey ||= sentence.addsKey;
    }

    private insert(sentence: Sentence & { kind: "insert" }, piece: Piece): void {
        const known = this.tables.get(sentence.table);
        if (known === undefined) {
            this.fault(piece, `rows of table ${sentence.table}, which the dump does not make`);
            return;
        }
        known.bytes += piece.text.length;
        const names = sentence.columns ?? known.columns;
        const name = names.indexOf("option_name");
        const value = names.indexOf("option_value");
        for (const { from, to } of rows(sentence.text, sentence.valuesAt)) {
            known.rows++;
            if (name < 0 || value < 0) continue;
            const row = valuesOf(sentence.text.slice(from, to));
            const key = row[name] ?? "";
            if (wantedOptions.has(key))
                this.options.set(
                    `${sentence.table} ${key}`,
                    Buffer.from(row[value] ?? "", "latin1").toString(),
                );
        }
    }

    /** Of the one WordPress that is in the dump. */
    private prefix(): string | undefined {
        const names = [...this.tables.keys()];
        const found = names
            .filter((name) => name.endsWith("options"))
            .map((name) => name.slice(0, -"options".length))
            .filter(
                (prefix) => names.includes(`${prefix}posts`) && names.includes(`${prefix}users`),
            );
        const multisite = found.find(
            (prefix) => names.includes(`${prefix}blogs`) && names.includes(`${prefix}sitemeta`),
        );
        const [prefix] = found;
        if (multisite !== undefined) {
            const line = this.tables.get(`${multisite}blogs`)?.line ?? 1;
            this.fault(
                { line },
                `table ${multisite}blogs: the dump is of a network of sites (multisite), which this stack does not serve; export the one site as a site of its own first`,
            );
        } else if (found.length > 1)
            this.faults.push(
                `${this.name}: has several WordPress sites (${found.map((one) => `${one}options`).join(", ")}); dump the tables of one`,
            );
        else if (prefix === undefined && this.faults.length === 0)
            this.faults.push(
                `${this.name}: has no tables of WordPress (options, posts and users with one prefix)`,
            );
        if (prefix !== undefined)
            for (const [key, text] of [...this.options]) {
                this.options.delete(key);
                const [table = "", name = ""] = key.split(" ");
                if (table === `${prefix}options`) this.options.set(name, text);
            }
        if (prefix === "")
            this.faults.push(
                `${this.name}: its tables (options, posts, users) have no prefix, by which they could be told from others; give them one at the old site first (wp_)`,
            );
        return multisite === undefined && found.length === 1 ? prefix : undefined;
    }

    private fault({ line }: Pick<Piece, "line">, what: string): void {
        this.faults.push(`${this.name}:${line}: ${what}`);
    }
}
