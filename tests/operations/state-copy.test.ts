import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    packCopy,
    placeOf,
    unpackCopy,
    writeNew,
    type StateCopy,
} from "../../operations/state-copy";
import { unlock } from "../../operations/state-keys";
import { configPath, securePaths } from "../../operations/state-stack";

const folder = mkdtempSync(join(tmpdir(), "testudo-copy-"));
afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

const copy: StateCopy = {
    format: "testudo-state",
    version: 1,
    stack: "dev",
    savedAt: "2026-11-22T10:00:00.000Z",
    export: { version: 3, deployment: { manifest: { time: "2026-11-21T23:54:49.732390348Z" } } },
    stackFile: "config: {}",
    secrets: [],
};
const name = "dev-20261121T235449Z.age";

test("a stack file's secrets are found wherever they stand, and named as Pulumi names them", () => {
    const file = `config:
    testudo:mailPassword: { secure: v1:a }
    testudo:sites: { shop: { environment: { "A.B": { secure: v1:b } } } }
    testudo:list: [plain, { secure: v1:c }]
`;
    expect(securePaths(file).map(configPath)).toEqual([
        "testudo:mailPassword",
        'testudo:sites.shop.environment["A.B"]',
        "testudo:list[1]",
    ]);
});

describe("where a copy goes", () => {
    const place = join(folder, "copies");

    test("into a folder of its owner's, by the stack's name and its state's time; or to the file that was named", async () => {
        expect(await placeOf(place, copy)).toBe(join(place, name));
        expect(statSync(place).mode & 0o777).toBe(0o700);
        expect(await placeOf(join(folder, "x.age"), copy)).toBe(join(folder, "x.age"));
    });

    test("a file that is there is not overwritten", async () => {
        writeFileSync(join(folder, "there.age"), "");
        await expect(placeOf(join(folder, "there.age"), copy)).rejects.toThrow("never overwritten");
        writeFileSync(join(place, name), "");
        await expect(placeOf(place, copy)).rejects.toThrow("has not changed since");
        await expect(writeNew(join(place, name), Buffer.from("x"))).rejects.toThrow("EEXIST");
        expect(readFileSync(join(place, name), "utf8")).toBe("");
    });

    test("an older state is not put beside a later one of its stack; other stacks' are no matter", async () => {
        const shared = join(folder, "shared");
        mkdirSync(shared);
        writeFileSync(join(shared, "dev2-29990101T000000Z.age"), "");
        expect(await placeOf(shared, copy)).toBe(join(shared, name));
        writeFileSync(join(shared, "dev-20261121T235450Z.age"), "");
        await expect(placeOf(shared, copy)).rejects.toThrow(
            "dev-20261121T235450Z.age: is a copy of a later state",
        );
    });

    test("it is its owner's alone", async () => {
        await writeNew(join(folder, "new.age"), Buffer.from("x"));
        expect(statSync(join(folder, "new.age")).mode & 0o777).toBe(0o600);
    });
});

describe("what is no copy is refused, and why", () => {
    const file = (text: string, mode = 0o600) => {
        const path = join(folder, `file${Math.random()}`);
        writeFileSync(path, text, { mode });
        return path;
    };

    test("another file, a newer format, another content", async () => {
        await expect(unlock(file("hello"), {})).rejects.toThrow("is no copy made by");
        await expect(unlock(join(folder, "none.age"), {})).rejects.toThrow("cannot be read");
        expect(await unpackCopy(await packCopy(copy), "x")).toEqual(copy);
        await expect(unpackCopy(await packCopy({ ...copy, version: 2 }), "x")).rejects.toThrow(
            "newer Testudo",
        );
        await expect(unpackCopy(Buffer.from("hello"), "x")).rejects.toThrow("holds no copy");
    });

    test("keys and passphrases that are not there, too short, or open to others", async () => {
        const forKeys = file("age-encryption.org/v1\n-> X25519 abc\n");
        await expect(unlock(forKeys, {})).rejects.toThrow("say --identity");
        const identity = file("AGE-SECRET-KEY-1", 0o644);
        await expect(unlock(forKeys, { identity })).rejects.toThrow("chmod 600");
        await expect(unlock(forKeys, { identity: file("hello") })).rejects.toThrow("has no line");
    });
});
