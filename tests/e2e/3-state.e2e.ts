import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure } from "./figures";
import { needsUp, outputs, stack, testudo, tool } from "./lab";

beforeAll(needsUp);

// Another machine as Pulumi sees it: a home, a backend, a passphrase and a stack file of its own. It reaches the hosts
// from here, since nothing but this machine is on their networks.
const folder = mkdtempSync(join(tmpdir(), "testudo-state-"));
const home = join(folder, "home");
const stackFile = join(home, `Pulumi.${stack}.yaml`);
const elsewhere = {
    TESTUDO_STATE: home,
    STACK_FILE: stackFile,
    PULUMI_HOME: join(home, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(home, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: join(home, "passphrase"),
};
const secretFile = join(folder, "passphrase-of-the-copy");
const words = ["--passphrase-file", secretFile];

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

describe("the state, on another machine", () => {
    let file = "";

    test("is saved as one encrypted file", async () => {
        writeFileSync(secretFile, "the machine is gone\n", { mode: 0o600 });
        const saved = await testudo(["--json", "state", "save", join(folder, "copies"), ...words]);
        expect(saved.text.slice(-2000)).not.toMatch(/error|cut off/i);
        expect(saved.code).toBe(0);
        const told = JSON.parse(saved.stdout) as { file: string; resources: number; bytes: number };
        ({ file } = told);
        figure("state saved: encrypted copy, read back", saved.seconds, "s");
        expect(told.resources).toBeGreaterThan(100);
    }, 120_000);

    test("is restored there, where nothing of the stack was known", async () => {
        mkdirSync(home, { mode: 0o700 });
        writeFileSync(elsewhere.PULUMI_CONFIG_PASSPHRASE_FILE, "another machine's\n", {
            mode: 0o600,
        });
        const restored = await testudo(["state", "restore", file, ...words], { env: elsewhere });
        expect([restored.code, restored.text.slice(-2000)]).toEqual([
            0,
            expect.stringContaining("read back and found the same"),
        ]);
        figure("state restored on another machine", restored.seconds, "s");
    }, 120_000);

    test("says there what it said here: a preview finds nothing to change", async () => {
        const preview = await tool(
            "run",
            ["preview", "--refresh=false", "--expect-no-changes", "--non-interactive"],
            { file: stackFile, env: elsewhere },
        );
        expect([preview.code, preview.text.slice(-2000)]).toEqual([
            0,
            expect.stringContaining("unchanged"),
        ]);
    }, 120_000);

    test("opens the hosts there: each answers and is whole", async () => {
        const status = await testudo(["status"], { env: elsewhere });
        expect([status.code, status.text.slice(-2000)]).toEqual([
            0,
            expect.stringContaining("every loss of one host can be borne"),
        ]);
    }, 120_000);

    test("holds no secret in plain, neither in the copy nor in the other machine's backend", async () => {
        const { adminPassword } = await outputs();
        const files = [
            file,
            ...readdirSync(join(home, "backend"), { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map((entry) => join(entry.parentPath, entry.name)),
        ];
        expect(files.length).toBeGreaterThan(1);
        expect(files.filter((one) => readFileSync(one).includes(adminPassword))).toEqual([]);
    });
});
