import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportState, incus, needsUp, outputs } from "./lab";

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

    test("none stands on any host where another user could read it: arguments, environments, journal, files", async () => {
        const program = readFileSync(join(__dirname, "client", "secrets.py"), "utf8");
        const hosts = Object.keys((await outputs()).hosts);
        const found: string[] = [];
        for (const host of hosts) {
            const answer = JSON.parse(
                await incus(["exec", host, "--", "python3", "-c", program], {
                    input: JSON.stringify(secrets),
                }),
            ) as { found: string[]; kept: number; searched: number };
            found.push(...answer.found.map((place) => `${host}, ${place}`));
            // What must be there, readable for its owner alone, shows that the search can find.
            expect([host, answer.kept > 0, answer.searched > 100]).toEqual([host, true, true]);
        }
        expect(found).toEqual([]);
    });
});
