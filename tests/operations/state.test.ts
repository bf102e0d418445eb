import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../helpers/sources";

// The real engine with two homes, two backends and two passphrases: as two machines have them.

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "testudo");
const toolchains = join(process.env.TESTUDO_CACHE ?? cache, "toolchain");
const made =
    existsSync(toolchains) &&
    readdirSync(toolchains).some((name) => /^(built|official)-/.test(name));

/** What this shell says of Pulumi is no concern of those machines. */
const clean = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith("PULUMI_")),
);

const makeKey = `import("age-encryption").then(async (age) => {
    const key = await age.generateX25519Identity();
    console.log("# public key: " + (await age.identityToRecipient(key)) + "\\n" + key);
})`;

if (made) {
    describe("a copy of the state", () => {
        const folder = mkdtempSync(join(tmpdir(), "testudo-state-"));
        const stack = `copy${process.pid}`;
        const secret = "CANARY of the state";
        const mail = "CANARY of the stack file";
        const copies = join(folder, "copies");

        interface Done {
            readonly code: number | null;
            readonly stdout: string;
            readonly text: string;
        }

        /** A machine: a home for Pulumi, a backend and a passphrase of its own. */
        function machine(name: string) {
            const home = join(folder, name);
            const stackFile = join(home, "stack.yaml");
            mkdirSync(home, { recursive: true });
            const env = { ...clean, TESTUDO_STATE: home, STACK_FILE: stackFile };
            const run = (program: string, words: readonly string[], input = ""): Done => {
                const { status, stdout, stderr } = spawnSync(join(root, program), words, {
                    env,
                    input,
                    encoding: "utf8",
                });
                return { code: status, stdout, text: stdout + stderr };
            };
            const pulumi = (words: readonly string[], input?: string) => {
                const done = run("tools/stack", ["run", stack, ...words], input);
                if (done.code !== 0) throw new Error(done.text);
                return done.stdout;
            };
            return {
                stackFile,
                pulumi,
                testudo: (...words: string[]) => run("operations/testudo", words),
                state: () => JSON.parse(pulumi(["stack", "export", "--show-secrets"])) as unknown,
                /** All that lies there, as one text. */
                files: () => textBelow(home),
            };
        }

        const one = machine("one");
        const other = machine("other");
        const secretFile = (name: string, text: string) => {
            writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
            return join(folder, name);
        };
        /** A new key of age in a file of its own; its public part is the line before. */
        const put = (name: string) =>
            secretFile(
                name,
                spawnSync("node", ["-e", makeKey], { cwd: root, encoding: "utf8" }).stdout.trim(),
            );
        const identity = put("identity");
        const recipient = /age1\w+/.exec(readFileSync(identity, "utf8"))?.[0] ?? "";
        const restore = (copy: string, ...words: string[]) =>
            other.testudo("state", "restore", copy, "--identity", identity, ...words);
        const resourcesOf = (state: unknown) =>
            (state as { deployment: { resources: unknown } }).deployment.resources;
        let file = "";

        beforeAll(() => {
            writeFileSync(one.stackFile, "# kept\nconfig:\n    testudo:platform: incus\n");
            const fresh = JSON.parse(one.pulumi(["stack", "export"])) as {
                deployment: Record<string, unknown>;
            };
            const resource = {
                urn: `urn:pulumi:${stack}::testudo::pulumi:pulumi:Stack::testudo-${stack}`,
                custom: false,
                type: "pulumi:pulumi:Stack",
                outputs: {
                    password: {
                        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                        plaintext: JSON.stringify(secret),
                    },
                },
            };
            fresh.deployment.resources = [resource];
            one.pulumi(["stack", "import"], JSON.stringify(fresh));
            // A secret of the configuration, as `pulumi config set --secret` leaves it.
            const set = spawnSync(
                "bash",
                [
                    "-c",
                    '. tools/env.sh && pulumi config set --secret testudo:mailPassword --stack "$1" --config-file "$2"',
                    "bash",
                    stack,
                    one.stackFile,
                ],
                {
                    cwd: root,
                    input: mail,
                    encoding: "utf8",
                    env: { ...clean, TESTUDO_STATE: join(folder, "one") },
                },
            );
            if (set.status !== 0) throw new Error(set.stderr);
            const saved = one.testudo(
                "--stack",
                stack,
                "--json",
                "state",
                "save",
                copies,
                "--recipient",
                recipient,
            );
            if (saved.code !== 0) throw new Error(saved.text);
            ({ file } = JSON.parse(saved.stdout) as { file: string });
        }, 180_000);

        afterAll(() => {
            rmSync(folder, { recursive: true, force: true });
        });

        test("is one file for its owner alone, in age's format, and shows nothing", () => {
            expect(readdirSync(copies)).toEqual([
                expect.stringMatching(/^copy\d+-\d{8}T\d{6}Z\.age$/),
            ]);
            expect(statSync(file).mode & 0o777).toBe(0o600);
            const text = readFileSync(file, "latin1");
            expect(text).toMatch(/^age-encryption\.org\/v1\n-> X25519 /);
            for (const word of ["CANARY", "testudo:", "urn:"]) expect(text).not.toContain(word);
        });

        test("is refused where it is damaged, or for somebody else's key; nothing changes", () => {
            const bytes = readFileSync(file);
            const damaged = join(folder, "damaged.age");
            bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
            writeFileSync(damaged, bytes);
            expect(restore(damaged).text).toContain("is damaged");
            const stranger = other.testudo("state", "restore", file, "--identity", put("stranger"));
            expect([stranger.code, stranger.text]).toEqual([
                1,
                expect.stringContaining("none of the keys in --identity"),
            ]);
            expect(existsSync(other.stackFile)).toBe(false);
        }, 120_000);

        test("makes the stack known to another machine, with its secrets under that one's passphrase", () => {
            const done = restore(file);
            expect([done.code, done.text]).toEqual([0, expect.stringContaining("found the same")]);
            expect(resourcesOf(other.state())).toEqual(resourcesOf(one.state()));
            expect(JSON.stringify(other.state())).toContain(secret);
            expect(readFileSync(other.stackFile, "utf8")).toMatch(/^# kept\n/);
            expect(readFileSync(other.stackFile, "utf8")).not.toBe(
                readFileSync(one.stackFile, "utf8"),
            );
            const config = other.pulumi(["config", "--json", "--show-secrets"]);
            expect(config).toContain(mail);
            // Nothing in plain on either machine.
            expect(one.files()).not.toContain("CANARY");
            expect(other.files()).not.toContain("CANARY");
        }, 120_000);

        test("does not take the place of a stack that is known there, unless told", () => {
            const refused = restore(file);
            expect([refused.code, refused.text]).toEqual([
                1,
                expect.stringMatching(/knows it already, with 1 resources.*say --replace/s),
            ]);
            const done = restore(file, "--replace", "--keep-stack-file");
            expect([done.code, done.text]).toEqual([0, expect.stringContaining("found the same")]);
            const renamed = other.testudo(
                "--stack",
                "dev",
                "state",
                "restore",
                file,
                "--identity",
                identity,
            );
            expect([renamed.code, renamed.text]).toEqual([
                1,
                expect.stringContaining("cannot become another"),
            ]);
        }, 120_000);

        test("can be saved with a passphrase instead, and only that one opens it", () => {
            const saved = one.testudo(
                ...["--stack", stack, "state", "save", join(folder, "other.age")],
                ...["--passphrase-file", secretFile("right", "correct horse battery")],
            );
            expect([saved.code, saved.text]).toEqual([0, expect.stringContaining("found whole")]);
            const tried = other.testudo(
                ...["state", "restore", join(folder, "other.age"), "--replace"],
                ...["--passphrase-file", secretFile("wrong", "another one entirely")],
            );
            expect([tried.code, tried.text]).toEqual([
                1,
                expect.stringContaining("the passphrase is not the one"),
            ]);
        }, 120_000);
    });
} else {
    test.skip("the toolchain is not made yet (make toolchain): copies of the state are not tried", () =>
        undefined);
}

function textBelow(folder: string): string {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
        .join("\n");
}
