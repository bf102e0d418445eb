import { gunzipSync } from "node:zlib";
import {
    compress,
    digest,
    digestLines,
    fileFingerprint,
    fingerprint,
    pushBundle,
    valueBundle,
} from "../../../components/host/bundle";
import type { RenderedFile } from "../../../components/host/render";
import { bundleFiles } from "../../helpers/bundles";

const file = (path: string, content: string): RenderedFile => ({
    path,
    content,
    owner: "root:www-data",
    mode: "0640",
    onChange: "reload nginx.service",
    check: "nginx -t -q",
});
const push = {
    role: "web",
    files: [file("/etc/a", "SECRET ä\n"), file(`/etc/${"long/".repeat(30)}b`, "")],
    units: ["nginx.service", "php8.4-fpm.service"],
    packages: ["nginx"],
    users: [
        { name: "jump", home: "/nonexistent" },
        { name: "u", home: "/h", groups: ["a", "b"] },
    ],
};

test("the same push is the same text, whenever it is made", async () => {
    const first = await pushBundle(push);
    jest.useFakeTimers({ now: Date.now() + 86_400_000, doNotFake: ["nextTick", "setImmediate"] });
    expect(await pushBundle({ ...push, files: [...push.files] })).toBe(first);
    jest.useRealTimers();
});

test("a compressor that makes other bytes would push everything anew to every host", () => {
    const text = Array.from({ length: 2000 }, (_, index) => `line ${index * index} of it\n`).join(
        "",
    );
    const bytes = Buffer.from(compress(Buffer.from(text)));
    expect(gunzipSync(bytes).toString()).toBe(text);
    expect(bytes.length).toBeLessThan(text.length / 4);
    expect(fingerprint(bytes.toString("base64"))).toBe("bb908715c53021e0");
});

test.each([
    ["content", { files: [file("/etc/a", "other"), ...push.files.slice(1)] }],
    ["mode", { files: push.files.map((one) => ({ ...one, mode: "0600" })) }],
    ["action", { files: push.files.map((one) => ({ ...one, onChange: "none" })) }],
    ["units", { units: [] }],
    ["roles of the host", { roles: ["web", "app"] }],
    ["packages", { packages: ["nginx", "curl"] }],
])("other %s is another text", async (_, other) => {
    expect(await pushBundle({ ...push, ...other })).not.toBe(await pushBundle(push));
});

test("a push carries the engine, the manifest and the files, readable by any tar", async () => {
    const entries = await bundleFiles(await pushBundle(push));
    expect([...entries.keys()].filter((name) => name.startsWith("engine/"))).toEqual([
        "engine/apply",
        "engine/check",
        "engine/files",
        "engine/packages",
        "engine/retire",
        "engine/run",
        "engine/units",
    ]);
    expect(entries.get("role")).toBe("web");
    expect(entries.get("manifest")?.split("\n")[0]).toBe(
        "/etc/a\troot:www-data\t0640\treload nginx.service\tnginx -t -q",
    );
    expect(entries.get("units")).toBe("nginx.service\nphp8.4-fpm.service\n");
    expect(entries.get("users")).toBe("jump\t/nonexistent\t\nu\t/h\ta,b\n");
    expect(entries.get("files/etc/a")).toBe("SECRET ä\n");
    expect(entries.get(`files/etc/${"long/".repeat(30)}b`)).toBe("");
});

test("values for a script are files of their own", async () => {
    const entries = await bundleFiles(await valueBundle({ password: "a\nb", user: "x" }));
    expect(entries.get("values/password")).toBe("a\nb");
    expect(entries.has("engine/run")).toBe(true);
});

test("a preview shows one line a file: path, owner, mode, digest, and nothing of the content", () => {
    const lines = digestLines("key", push.files).split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^# \/etc\/a root:www-data 0640 [0-9a-f]{16}$/);
    expect(lines.join()).not.toContain("SECRET");
});

test("a digest changes with the content and with the stack's key", () => {
    const digests = [digest("key", "a"), digest("key", "b"), digest("other", "a")];
    expect(new Set(digests).size).toBe(3);
    expect(digest("key", "a")).toBe(digests[0]);
});

test("the fingerprint of a file is that of its content alone", () => {
    expect(fileFingerprint([file("/a", "x")], "/a")).toBe(
        fileFingerprint([file("/b", ""), file("/a", "x")], "/a"),
    );
    expect(fileFingerprint([file("/a", "x")], "/a")).not.toBe(
        fileFingerprint([file("/a", "y")], "/a"),
    );
});
