import { generateKeyPairSync } from "node:crypto";
import { publicKeyFault } from "../../../components/cluster/public-key";
import { planFaults, planOf } from "../../helpers/plans";

/** A line as ssh-keygen writes it. */
function line(type: string, ...fields: (string | Buffer)[]): string {
    const blob = [type, ...fields].map((field) => {
        const bytes = Buffer.from(field as string);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        return Buffer.concat([length, bytes]);
    });
    return `${type} ${Buffer.concat(blob).toString("base64")} ada@laptop`;
}

function rsa(bits: number): string {
    const jwk = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({
        format: "jwk",
    });
    const number = Buffer.from(jwk.n ?? "", "base64url");
    return line(
        "ssh-rsa",
        Buffer.from(jwk.e ?? "", "base64url"),
        Buffer.concat([Buffer.alloc(1), number]),
    );
}

const ed25519 = line("ssh-ed25519", Buffer.alloc(32, 7));
const curve = "nistp256";

test.each([
    ["ed25519", ed25519],
    ["without a comment", ed25519.replace(" ada@laptop", "")],
    ["ecdsa", line(`ecdsa-sha2-${curve}`, curve, Buffer.alloc(65, 4))],
    ["a hardware key", line("sk-ssh-ed25519@openssh.com", Buffer.alloc(32, 7), "ssh:")],
    [
        "a hardware key of NIST's curve",
        line("sk-ecdsa-sha2-nistp256@openssh.com", curve, Buffer.alloc(65, 4), "ssh:"),
    ],
    ["RSA of 3072 bits", rsa(3072)],
])("%s is a key", (_, text) => {
    expect(publicKeyFault(text)).toBeUndefined();
});

test.each([
    ["RSA of 2048 bits", rsa(2048), /needs at least 3072 bits for RSA, and this has 2048/],
    ["DSA", "ssh-dss AAAAB3NzaC1kc3MAAACBA ada", /DSA is broken/],
    ["an option before it", `command="sh" ${ed25519}`, /options in front of it are not taken/],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", /this is a private one/],
    ["a key that is cut off", ed25519.slice(0, 50), /cut off or mistyped/],
    [
        "one type over another's key",
        ed25519.replace(/^\S+/, "ecdsa-sha2-nistp256"),
        /cut off or mistyped/,
    ],
    ["a key of another length", line("ssh-ed25519", Buffer.alloc(31)), /cut off or mistyped/],
    ["a certificate", "ssh-ed25519-cert-v01@openssh.com AAAA ada", /this is a certificate/],
    ["two lines", `${ed25519}\n${ed25519}`, /one line/],
    ["nothing of the kind", "hello", /begins with ssh-ed25519/],
])("%s is refused, with the reason", (_, text, reason) => {
    expect(publicKeyFault(text)).toMatch(reason);
});

describe("testudo:people", () => {
    const people = (all: Record<string, unknown>) => planFaults({ people: all });

    test("names and keys are known to the plan", () => {
        expect(planOf({ people: { ada: { keys: [ed25519] } } }).config.people).toEqual({
            ada: { keys: [ed25519] },
        });
        expect(planOf().config.people).toEqual({});
    });

    test("a key belongs to one person", () => {
        expect(people({ ada: { keys: [ed25519] }, bob: { keys: [ed25519] } })).toEqual([
            expect.stringMatching(
                /^testudo:people\.bob\.keys\.0: needs a key of its own: ada has this one/,
            ),
        ]);
    });

    test("a person has a key, and a name that no host has already", () => {
        const faults = people({ root: { keys: [ed25519] }, "Ada L": { keys: [] } }).join("\n");
        expect(faults).toMatch(/testudo:people\.root: needs another name/);
        expect(faults).toMatch(/testudo:people\.Ada L: needs a name of a-z 0-9 and -/);
        expect(faults).toMatch(/testudo:people\.Ada L\.keys: needs a key/);
    });

    test("what was given in a key's place is not repeated: it may be a private one", () => {
        const text = people({
            ada: { keys: ["-----BEGIN OPENSSH PRIVATE KEY----- CANARY"] },
            bob: "CANARY",
        }).join("\n");
        expect(text).toMatch(/testudo:people\.ada\.keys\.0: .*private/);
        expect(text).toContain("testudo:people.bob");
        expect(text).not.toContain("CANARY");
    });
});
