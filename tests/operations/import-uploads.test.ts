import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { surveyUploads } from "../../operations/import-uploads";

// Which files come along.

let folder = "";
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

describe("uploads", () => {
    async function archive(entries: Readonly<Record<string, string>>): Promise<string> {
        const file = join(folder, "uploads.tar");
        const tar = pack();
        for (const [name, text] of Object.entries(entries)) tar.entry({ name }, text);
        tar.entry({ name: "2024/link.jpg", type: "symlink", linkname: "/etc/passwd" });
        tar.finalize();
        const parts: Buffer[] = [];
        for await (const part of tar) parts.push(part as Buffer);
        writeFileSync(file, Buffer.concat(parts));
        return file;
    }

    async function contents(stream: Readable): Promise<Record<string, string>> {
        const found: Record<string, string> = {};
        const reader = extract();
        stream.pipe(reader);
        for await (const entry of reader) {
            const parts: Buffer[] = [];
            for await (const part of entry) parts.push(part as Buffer);
            found[entry.header.name] = Buffer.concat(parts).toString();
        }
        return found;
    }

    test("of an archive come those below uploads, and no programs, links or hidden files", async () => {
        const file = await archive({
            "site/wp-content/uploads/2024/03/a.jpg": "picture",
            "site/wp-content/uploads/2024/shell.php.jpg": "<?php",
            "site/wp-content/uploads/2024/x.PHTML": "<?php",
            "site/wp-content/uploads/.htaccess": "x",
        });
        const found = await surveyUploads(file);
        expect(found).toMatchObject({ files: 1, bytes: 7 });
        expect(found.left).toEqual([
            "2024/shell.php.jpg",
            "2024/x.PHTML",
            ".htaccess",
            "2024/link.jpg",
        ]);
        expect(await contents(found.packed())).toEqual({ "2024/03/a.jpg": "picture" });
    });

    test.each(["../x.jpg", "/etc/x.jpg", "2024/../../x.jpg"])("%s is refused", async (name) => {
        await expect(surveyUploads(await archive({ [name]: "x" }))).rejects.toThrow(
            `uploads.tar: ${name} leads out of the folder; nothing was changed`,
        );
    });

    test("of a folder come its files", async () => {
        const place = join(folder, "uploads");
        mkdirSync(join(place, "2024"), { recursive: true });
        writeFileSync(join(place, "2024", "ü.jpg"), "picture");
        symlinkSync("/etc/passwd", join(place, "passwd.txt"));
        const found = await surveyUploads(place);
        expect(found.left).toEqual(["passwd.txt"]);
        expect(await contents(found.packed())).toEqual({ "2024/ü.jpg": "picture" });
        await expect(surveyUploads(join(folder, "none"))).rejects.toThrow("there is no such");
    });
});
