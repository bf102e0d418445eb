import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SiteHere } from "../../operations/import-checks";
import { surveyDump, type Dump } from "../../operations/import-dump";

/** A WordPress that was made outside of any stack, by make-wordpress-export. */
export const fixture = join(__dirname, "..", "fixtures", "wordpress-export.sql");
export const exported = readFileSync(fixture, "latin1");

/** What the program thinks of a dump of this text. */
export async function survey(text: string | Buffer, name = "site.sql"): Promise<Dump> {
    const folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
    try {
        const file = join(folder, name);
        writeFileSync(file, text, "latin1");
        return await surveyDump(file);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** The least that is a dump of WordPress. */
export function smallDump(...more: string[]): string {
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

/** A site that the export fits. */
export const here: SiteHere = {
    server: "11.8.6-MariaDB",
    collations: ["utf8mb4_uca1400_ai_ci", "utf8mb4_unicode_520_ci", "utf8mb4_bin"],
    url: "https://10.91.0.10",
    wordpress: "6.8.3",
    dbVersion: 60421,
    plugins: ["guestbook/guestbook.php"],
    themes: ["twentytwentyfive"],
    posts: 0,
    users: 1,
    comments: 0,
};
