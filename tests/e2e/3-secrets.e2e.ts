import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { figure } from "./figures";
import {
    changedStackFile,
    exportState,
    incus,
    needsUp,
    outputs,
    reportFolder,
    stack,
    tool,
} from "./lab";

beforeAll(needsUp);

type Secret = [label: string, text: string];

interface Resource {
    readonly urn: string;
    readonly type: string;
    readonly outputs?: Record<string, unknown>;
}

/** Every password and private key of the stack, as text that must stand nowhere. */
async function secretsOf(): Promise<Secret[]> {
    const state = JSON.parse(await exportState(["--show-secrets"])) as {
        deployment: { resources: Resource[] };
    };
    const found: Secret[] = [];
    for (const resource of state.deployment.resources) {
        const name = resource.urn.split("::").pop() ?? "";
        const secret = (property: string) => plain(resource.outputs?.[property]);
        if (resource.type === "random:index/randomPassword:RandomPassword")
            found.push([name, secret("result")]);
        if (resource.type !== "tls:index/privateKey:PrivateKey") continue;
        for (const property of ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"]) {
            const body = secret(property)
                .split("\n")
                .filter((line) => line.length >= 32 && !line.startsWith("-----"));
            // A private key's text holds the public one as well: those lines are no secret. The first line
            // of an OpenSSH key is the same in all of them.
            const open = `${secret("publicKeyPem")} ${secret("publicKeyOpenssh")}`;
            const lines = (property === "privateKeyOpenssh" ? body.slice(1) : body).filter(
                (line) => !open.includes(line),
            );
            if (body.length > 0 && lines.length === 0)
                throw new Error(`${name} ${property}: nothing secret to search for`);
            for (const line of lines) found.push([`${name} ${property}`, line]);
        }
    }
    return found.filter(([, text]) => text.length >= 16);
}

/** The text in Pulumi's envelope of a secret. */
function plain(value: unknown): string {
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null || !("plaintext" in value)) return "";
    return plain(JSON.parse(String(value.plaintext)));
}

describe("secrets", () => {
    let secrets: Secret[];

    beforeAll(async () => {
        secrets = await secretsOf();
    });

    test("there are some: passwords, and keys of every host", async () => {
        expect(secrets.length).toBeGreaterThan(30);
        expect(secrets.map(([, text]) => text)).toContain((await outputs()).adminPassword);
    });

    test("none stands in the exported state", async () => {
        const state = await exportState([]);
        expect(secrets.filter(([, text]) => state.includes(text)).map(([label]) => label)).toEqual(
            [],
        );
    });

    test("none stands in a preview of a change, nor in anything that Pulumi and testudo have printed so far", async () => {
        // Both balancers' files change, every web host's, and what PHP is told: each push has a diff.
        const file = changedStackFile("secrets", {
            loadBalancer: { maxConnections: 3901 },
            app: { phpMemoryMiB: 129 },
        });
        const preview = await tool(
            "run",
            ["preview", "--diff", "--refresh=false", "--non-interactive"],
            { file },
        );
        expect([preview.code, preview.text]).toEqual([
            0,
            expect.stringContaining("/etc/haproxy/haproxy.cfg"),
        ]);
        // With the ups that were to fail, by 2-changes.
        for (const log of ["pulumi.log", "testudo.log"].map((name) => join(reportFolder, name)))
            if (existsSync(log))
                expect([log, standingIn(readFileSync(log, "utf8"), secrets)]).toEqual([log, []]);
    }, 120_000);

    test("none stands in the files of the backend, neither in the newest state nor in its backups", () => {
        const state =
            process.env.TESTUDO_STATE ??
            join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "testudo");
        const backend = process.env.PULUMI_BACKEND_URL?.replace(/^file:\/\//, "");
        const files = readdirSync(backend ?? join(state, "backend"), {
            recursive: true,
            withFileTypes: true,
        })
            .filter((entry) => entry.isFile() && entry.name.startsWith(stack))
            .map((entry) => join(entry.parentPath, entry.name))
            .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
            .slice(0, 4);
        expect(files).not.toEqual([]);
        // The first text of each password and key: a state is large.
        const some = [...new Map([...secrets].reverse())];
        for (const file of files)
            expect([file, standingIn(readFileSync(file, "utf8"), some)]).toEqual([file, []]);
    }, 120_000);

    test("none stands on any host where another user could read it: arguments, environments, journal, files", async () => {
        const program = readFileSync(join(__dirname, "client", "secrets.py"), "utf8");
        const hosts = Object.keys((await outputs()).hosts);
        const found: string[] = [];
        const loose: string[] = [];
        let places = 0;
        for (const host of hosts) {
            const answer = JSON.parse(
                await incus(["exec", host, "--", "python3", "-c", program], {
                    input: JSON.stringify(secrets),
                }),
            ) as { found: string[]; loose: string[]; kept: number; searched: number };
            found.push(...answer.found.map((place) => `${host}, ${place}`));
            loose.push(...answer.loose.map((place) => `${host}, ${place}`));
            places += answer.searched;
            // What must be there, readable for its owner alone, shows that the search can find.
            expect([host, answer.kept > 0, answer.searched > 100]).toEqual([host, true, true]);
        }
        figure("secrets searched for on every host", secrets.length, "");
        figure("places searched on all hosts", places, "");
        figure("secrets found where another could read them", found.length, "", 0);
        expect(found).toEqual([]);
        expect(loose).toEqual([]);
    }, 300_000);
});

/** Labels of the secrets that a text has. */
function standingIn(text: string, secrets: readonly Secret[]): string[] {
    return secrets.filter(([, secret]) => text.includes(secret)).map(([label]) => label);
}
