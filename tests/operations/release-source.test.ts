import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { readSource } from "../../operations/release-source";

interface Header {
    readonly name: string;
    readonly type?: "link" | "symlink" | "character-device" | "directory";
    readonly linkname?: string;
    readonly text?: string;
}

let root: string;
beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "testudo-source-"));
});
afterEach(() => {
    rmSync(root, { recursive: true });
});

async function tarGz(entries: readonly Header[]): Promise<string> {
    const tar = pack();
    for (const { text = "", ...header } of entries) tar.entry(header, text);
    tar.finalize();
    const file = join(root, "part.tar.gz");
    writeFileSync(file, gzipSync(await buffer(tar)));
    return file;
}

/** A zip with one stored entry, whatever its name. */
function zip(name: string, text: string): string {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(path.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(path.length, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50);
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(46 + path.length, 12);
    end.writeUInt32LE(30 + path.length + data.length, 16);
    const file = join(root, "part.zip");
    writeFileSync(file, Buffer.concat([local, path, data, central, path, end]));
    return file;
}

const paths = async (text: string) => (await readSource(text)).entries.map(({ path }) => path);

test("a directory, a tar, a zip and a git reference are read alike", async () => {
    const folder = join(root, "mine");
    mkdirSync(join(folder, "inc"), { recursive: true });
    writeFileSync(join(folder, "style.css"), "a");
    writeFileSync(join(folder, "inc", "b.php"), "b");
    symlinkSync("inc/b.php", join(folder, "c.php"));
    const all = ["c.php", "inc/b.php", "style.css"];
    expect(await paths(folder)).toEqual(all);
    const git = (...words: string[]) =>
        spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-C", folder, ...words]);
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message=one");
    writeFileSync(join(folder, "not-committed.php"), "");
    expect(await paths(`git:${folder}#HEAD`)).toEqual(all);
    await expect(readSource(`git:${folder}#v9`)).rejects.toThrow(/git:.*v9/);
    await expect(readSource("git:.")).rejects.toThrow(/git:PATH#REF/);
    expect(await paths(zip("mine/style.css", "a"))).toEqual(["mine/style.css"]);
    expect(await paths(await tarGz([{ name: "./mine/a.php", text: "x" }]))).toEqual(["mine/a.php"]);
});

test.each<[string, Header, RegExp]>([
    ["above it", { name: "../wp-config.php", text: "x" }, /"\.\.\/wp-config\.php" leads out/],
    ["above it, in the middle", { name: "a/../../b", text: "x" }, /leads out/],
    ["anywhere", { name: "/etc/passwd", text: "x" }, /absolute path/],
    ["by a link", { name: "a", type: "symlink", linkname: "../../etc" }, /link that leads out/],
    [
        "by an absolute link",
        { name: "a", type: "symlink", linkname: "/etc" },
        /link that leads out/,
    ],
    ["as a device", { name: "null", type: "character-device" }, /character-device/],
    ["as a hard link", { name: "a", type: "link", linkname: "/etc/passwd" }, /hard link/],
    ["by a folder's name", { name: "../x/", type: "directory" }, /leads out/],
    ["by a strange name", { name: "a\nb", text: "x" }, /character in its name/],
])("what an archive puts %s is refused", async (_, entry, message) => {
    const file = await tarGz([{ name: "style.css", text: "ok" }, entry]);
    await expect(readSource(file)).rejects.toThrow(message);
});

test("nothing is written through a link", async () => {
    const file = await tarGz([
        { name: "a", type: "symlink", linkname: "b" },
        { name: "a/c.php", text: "x" },
    ]);
    await expect(readSource(file)).rejects.toThrow(/below something that is no folder/);
});

test("a zip's names are checked as a tar's", async () => {
    await expect(readSource(zip("../a.php", "x"))).rejects.toThrow(/part\.zip.*\.\.\/a\.php/);
    await expect(readSource(zip("/a.php", "x"))).rejects.toThrow(/part\.zip.*a\.php/);
});

test("a truncated archive, an unknown one, a missing and an empty one are refused by name", async () => {
    const file = await tarGz([{ name: "a", text: "x".repeat(100_000) }]);
    const cut = join(root, "cut.tar.gz");
    spawnSync("sh", ["-c", `head -c 60 "${file}" > "${cut}"`]);
    await expect(readSource(cut)).rejects.toThrow(/cut\.tar\.gz: cannot be read to its end/);
    writeFileSync(join(root, "a.rar"), "x");
    await expect(readSource(join(root, "a.rar"))).rejects.toThrow(/needs to be a directory/);
    await expect(readSource(join(root, "none"))).rejects.toThrow(/no such directory or archive/);
    mkdirSync(join(root, "empty"));
    await expect(readSource(join(root, "empty"))).rejects.toThrow(/has no files/);
    writeFileSync(join(root, "a.zip"), "no zip");
    await expect(readSource(join(root, "a.zip"))).rejects.toThrow(/cannot be read as a zip/);
});
