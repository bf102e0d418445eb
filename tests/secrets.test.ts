import * as pulumi from "@pulumi/pulumi";
import main from "../index";
import { bundleFiles } from "./helpers/bundles";
import { FakeIncus } from "./helpers/fake-incus";
import {
    full,
    largest,
    otherEngines,
    rawConfig,
    smallest,
    withAcme,
    type Values,
} from "./helpers/plans";
import { isSecret, record, type Recording, type Registered } from "./helpers/record";

// Every password and private key of a whole program is a canary; here it is said where one may be, and everything else
// is searched: every input of every resource, the bundles that go to hosts file by file, and the outputs.

const programs: [string, Values][] = [
    ["small", smallest],
    ["small, every setting", { ...largest, mailPassword: "CANARY<mail>" }],
    ["full", { ...full, mail: largest.mail, mailPassword: "CANARY<mail>" }],
    ["other engines", otherEngines],
    ["ACME", withAcme],
];

/** The only inputs that may hold one; each is sent in a secret's envelope. */
const places: Readonly<Record<string, RegExp>> = {
    "command:remote:Command": /^(stdin|connection\.(proxy\.)?privateKey)$/,
    "command:local:Command": /^stdin$/,
    "tls:index/certRequest:CertRequest": /^privateKeyPem$/,
    "tls:index/selfSignedCert:SelfSignedCert": /^privateKeyPem$/,
    "tls:index/locallySignedCert:LocallySignedCert": /^caPrivateKeyPem$/,
};

/** Whose a file with a secret may be: root's, or a daemon's of its role. */
const owners: Readonly<Record<string, RegExp>> = {
    "load-balancer": /^root:root$/,
    web: /^root:root$/,
    app: /^root:(root|www-data|mail|proxysql)$|^(mail:mail|www-data:www-data)$/,
    "inner-load-balancer": /^root:root$/,
    database: /^(root:root|mysql:mysql|root:mysql)$/,
    cache: /^(root:root|redis:redis|root:redis)$/,
    storage: /^root:root$/,
};

/** How a text may stand in another one: as it is, in a URL, in hexadecimal, or anywhere in base64. */
function disguises(text: string): string[] {
    const inBase64 = [0, 1, 2].map((shift) => {
        const encoded = Buffer.from("\0".repeat(shift) + text).toString("base64");
        // The first and the last letters are shared with what stands around.
        return encoded.slice(
            Math.ceil((shift * 4) / 3),
            Math.floor(((shift + text.length) * 4) / 3),
        );
    });
    return [text, encodeURIComponent(text), Buffer.from(text).toString("hex"), ...inBase64];
}

const wanted = disguises("CANARY<");
const hasCanary = (text: string) => wanted.some((one) => text.includes(one));

/** Paths below a value, envelopes opened, at which a canary stands. */
function canariesIn(value: unknown, path = ""): string[] {
    if (typeof value === "string") return hasCanary(value) ? [path] : [];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [
        ...(hasCanary(key) ? [`${path}.${key} (its name)`] : []),
        ...canariesIn(inner, path === "" ? key : `${path}.${key}`),
    ]);
}

const bundlesOf = (made: Recording): Registered[] =>
    made
        .ofType("command:remote:Command")
        .filter((one) => typeof one.inputs.stdin === "string" && one.inputs.stdin !== "");

describe.each(programs)("in the program of %s", (_, values) => {
    let incus: FakeIncus;
    let made: Recording;
    const outputs: { name: string; secret: boolean; value: unknown }[] = [];

    beforeAll(async () => {
        incus = new FakeIncus();
        if (values === otherEngines)
            incus.images({
                alias: "testudo/vendors",
                packages:
                    "percona-xtrabackup-84=8.4.0-4 percona-xtradb-cluster-server=1:8.4.7-7 proxysql=3.0.8",
            });
        pulumi.runtime.setAllConfig(rawConfig(values));
        made = await record(async () => {
            for (const [name, value] of Object.entries(await main())) {
                const output = pulumi.output(value);
                const secret = await pulumi.isSecret(output);
                pulumi
                    .unsecret(output)
                    .apply((plain) => outputs.push({ name, secret, value: plain }));
            }
        });
    }, 60_000);

    afterAll(() => {
        incus.remove();
    });

    test("no input of any resource has a secret, but those few that are sent in envelopes", () => {
        const strays: string[] = [];
        let found = 0;
        for (const one of made.all) {
            if (hasCanary(one.name)) strays.push(`${one.name}: its name`);
            for (const at of canariesIn(one.inputs)) {
                found += 1;
                const inEnvelope = isSecret(one.sent[at.split(".")[0] ?? ""]);
                if (places[one.type]?.test(at) !== true || !inEnvelope)
                    strays.push(`${one.name}: ${at}`);
            }
        }
        expect(strays).toEqual([]);
        // Connections, requests, bundles: a search that finds fewer looks at the wrong place.
        expect(found).toBeGreaterThan(made.ofType("command:remote:Command").length);
    });

    test("a bundle has secrets in its files and values alone, and each such file is its daemon's", async () => {
        const strays: string[] = [];
        let searched = 0;
        for (const one of bundlesOf(made)) {
            const files = await bundleFiles(one.inputs.stdin);
            const role = files.get("role") ?? "";
            const manifest = new Map(
                (files.get("manifest") ?? "")
                    .split("\n")
                    .map((line): [string, string[]] => [
                        line.split("\t")[0] ?? "",
                        line.split("\t"),
                    ]),
            );
            for (const [name, content] of files) {
                if (!hasCanary(content) || name.startsWith("values/")) continue;
                const [, owner = "", mode = "7777"] =
                    manifest.get(name.replace(/^files/, "")) ?? [];
                // Read and write for the owner, read for the group at most.
                const closed = (parseInt(mode, 8) & ~0o640) === 0;
                if (!closed || owners[role]?.test(owner) !== true)
                    strays.push(`${one.name} ${name}: ${owner} ${mode}`);
                searched += 1;
            }
        }
        expect(strays).toEqual([]);
        expect(searched).toBeGreaterThan(10);
    });

    test("no output has a secret in plain", () => {
        expect(
            outputs
                .filter(({ secret, value }) => !secret && canariesIn(value).length > 0)
                .map(({ name }) => name),
        ).toEqual([]);
        expect(outputs.filter(({ secret }) => secret).length).toBeGreaterThan(0);
        expect(outputs.length).toBeGreaterThan(8);
    });
});

test("the search sees through base64 at any place, hexadecimal and URLs", () => {
    for (const before of ["", "a", "ab", "abc"]) {
        const text = `${before}CANARY<x>tail`;
        expect(hasCanary(`x ${Buffer.from(text).toString("base64")} y`)).toBe(true);
        expect(hasCanary(Buffer.from(text).toString("hex"))).toBe(true);
    }
    expect(hasCanary(`https://x/?p=${encodeURIComponent("CANARY<x>")}`)).toBe(true);
    expect(canariesIn({ a: [{ b: "ok" }, { "CANARY<k>": 1 }] })).toEqual([
        "a.1.CANARY<k> (its name)",
    ]);
    expect(hasCanary("canary")).toBe(false);
});
