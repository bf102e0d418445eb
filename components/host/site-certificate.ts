import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import { namesOf } from "../cluster/sites";
import type { Checked, Fault } from "../cluster/types";

/** The operator's own certificate for visitors. */
export interface SiteCertificate {
    /** The site's first, then each by whose key the one before is signed; PEM. */
    readonly chain: string;
    /** Secret. */
    readonly key: string;
    readonly ends: Date;
    /** For people, where it is about to end. */
    readonly warnings: readonly string[];
}

const project = join(__dirname, "..", "..");
const certificateKey = configKey("site.certificate");
const keyKey = configKey("siteKey");
const dayMs = 86_400_000;
/** With less than this left every `up` says so. */
const warnDays = 30;
/** What a browser asks of a certificate: id-kp-serverAuth. */
const serverAuth = "1.3.6.1.5.5.7.3.1";

/**
 * Reads the site's own certificate and key, and says everything that would keep visitors out.
 * @returns no value where the stack uses its own authority's.
 */
export async function readSiteCertificate(
    plan: Pick<Plan, "config" | "vip">,
    now = new Date(),
    root = project,
): Promise<Checked<SiteCertificate>> {
    const { certificate } = plan.config.site;
    const key = plan.config.siteKey;
    if (certificate === undefined && key === undefined) return { faults: [] };
    const missing = (name: string, other: string): Fault => ({
        key: name,
        rule: `is required with ${other}`,
        why: "a certificate is of no use without its key, nor a key without its certificate",
        got: "nothing",
    });
    if (certificate === undefined) return { faults: [missing(certificateKey, keyKey)] };
    if (key === undefined) return { faults: [missing(keyKey, certificateKey)] };

    const [certificateText, keyText] = await Promise.all([
        textOf(certificateKey, certificate, root),
        textOf(keyKey, key, root),
    ]);
    const chain = certificatesOf(certificateText);
    const privateKey = keyOf(keyText);
    const faults = [
        ...certificateText.faults,
        ...keyText.faults,
        ...chain.faults,
        ...privateKey.faults,
    ];
    const [leaf] = chain.value ?? [];
    if (leaf === undefined || chain.value === undefined) return { faults };
    faults.push(
        ...nameFaults(leaf, plan),
        ...timeFaults(chain.value, now),
        ...chainFaults(chain.value),
        ...purposeFaults(leaf),
    );
    if (privateKey.value === undefined || keyText.value === undefined) return { faults };
    if (!leaf.checkPrivateKey(privateKey.value)) {
        faults.push({
            key: keyKey,
            rule: `needs to be the key of ${certificateKey}`,
            why: "HAProxy takes no certificate without its key",
            got: `a key of another one than ${titleOf(leaf)}`,
        });
    }
    const ends = new Date(Math.min(...chain.value.map((one) => Date.parse(one.validTo))));
    return {
        faults,
        value: {
            chain: chain.value.map((one) => one.toString()).join(""),
            key: `${keyText.value.trim()}\n`,
            ends,
            warnings: endWarnings(ends, now),
        },
    };
}

/** A text that is PEM is itself; anything else is the path of a file. */
async function textOf(key: string, value: string, root: string): Promise<Checked<string>> {
    if (value.includes("-----BEGIN ")) return { value, faults: [] };
    // What was given for the key may be the key, cut off.
    const got = key === keyKey ? "(not shown)" : JSON.stringify(value.slice(0, 200));
    try {
        return { value: await readFile(resolve(root, value), "utf8"), faults: [] };
    } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
        return {
            faults: [
                {
                    key,
                    rule: "needs PEM text, or the path of a file that can be read, from the project's folder",
                    why: "visitors are shown what is in it",
                    got: `${got} (${reason}, looked in ${root})`,
                },
            ],
        };
    }
}

function certificatesOf({ value: text }: Checked<string>): Checked<X509Certificate[]> {
    if (text === undefined) return { faults: [] };
    const fault = (rule: string, got: string): Checked<X509Certificate[]> => ({
        faults: [{ key: certificateKey, rule, why: "visitors are shown what is in it", got }],
    });
    if (text.includes("PRIVATE KEY-----"))
        return fault(`needs certificates alone; the key is ${keyKey}`, "a key as well");
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) return fault("needs certificates in PEM", "none");
    const made: X509Certificate[] = [];
    for (const [index, block] of blocks.entries()) {
        try {
            made.push(new X509Certificate(block));
        } catch {
            return fault("needs certificates in PEM", `number ${index + 1} cannot be read`);
        }
    }
    return { value: made, faults: [] };
}

function keyOf({ value: text }: Checked<string>): Checked<KeyObject> {
    if (text === undefined) return { faults: [] };
    try {
        return { value: createPrivateKey(text), faults: [] };
    } catch {
        return {
            faults: [
                {
                    key: keyKey,
                    rule: "needs a private key in PEM without a passphrase",
                    why: "nobody is there to type one when a balancer starts",
                    got: text.includes("ENCRYPTED")
                        ? "one with a passphrase"
                        : "what cannot be read",
                },
            ],
        };
    }
}

function nameFaults(leaf: X509Certificate, plan: Pick<Plan, "config" | "vip">): Fault[] {
    const covers = (name: string) =>
        leaf.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined;
    const lacking = [
        ...namesOf(plan).filter((name) => !covers(name)),
        ...(plan.config.site.name === undefined && leaf.checkIP(plan.vip) === undefined
            ? [plan.vip]
            : []),
    ];
    return lacking.map((name) => ({
        key: certificateKey,
        rule: `needs to cover ${name}`,
        why: "browsers turn back visitors of a name that the certificate does not have (*.example.org has www.example.org, not example.org nor a.b.example.org)",
        got: leaf.subjectAltName ?? "no names",
    }));
}

function timeFaults(chain: readonly X509Certificate[], now: Date): Fault[] {
    return chain.flatMap((one) => {
        const fault = (rule: string, got: string): Fault[] => [
            { key: certificateKey, rule, why: "browsers turn visitors back", got },
        ];
        if (Date.parse(one.validFrom) > now.getTime())
            return fault("needs to be valid already", `${titleOf(one)} from ${one.validFrom}`);
        if (Date.parse(one.validTo) <= now.getTime())
            return fault("needs to be valid still", `${titleOf(one)} until ${one.validTo}`);
        return [];
    });
}

/** Each signed by the next, up to a root, or to a certificate by a root that browsers know. */
function chainFaults(chain: readonly X509Certificate[]): Fault[] {
    const fault = (rule: string, got: string): Fault[] => [
        {
            key: certificateKey,
            rule,
            why: "visitors who have not met the authority before cannot follow the chain to one that they know",
            got,
        },
    ];
    for (const [index, one] of chain.entries()) {
        const next = chain[index + 1];
        if (next === undefined || isSignedBy(one, next)) continue;
        return fault(
            "needs the site's certificate first, and after each the one by whose key it is signed",
            `${titleOf(one)}, signed by ${titleOf(one, "issuer")}, and then ${titleOf(next)}`,
        );
    }
    const last = chain.at(-1);
    if (last === undefined || isSignedBy(last, last)) return [];
    const known = rootCertificates.some((text) => isSignedBy(last, new X509Certificate(text)));
    return known
        ? []
        : fault(
              "needs the certificates of its authorities behind it, up to one that browsers know (or your own root)",
              `a chain that ends with ${titleOf(last)}, signed by ${titleOf(last, "issuer")}`,
          );
}

function isSignedBy(one: X509Certificate, by: X509Certificate): boolean {
    return one.checkIssued(by) && one.verify(by.publicKey);
}

function purposeFaults(leaf: X509Certificate): Fault[] {
    // Absent where the certificate names no purpose: it is then for any.
    const purposes = leaf.keyUsage as string[] | undefined;
    if (purposes === undefined || purposes.includes(serverAuth)) return [];
    return [
        {
            key: certificateKey,
            rule: "needs to be one for servers (extended key usage: TLS web server authentication)",
            why: "browsers take no other",
            got: purposes.join(", "),
        },
    ];
}

function endWarnings(ends: Date, now: Date): string[] {
    const days = Math.floor((ends.getTime() - now.getTime()) / dayMs);
    if (days < 0 || days >= warnDays) return [];
    return [
        `${certificateKey} ends in ${days} days, on ${ends.toISOString().slice(0, 10)}: put its successor in place and bring the stack up, or visitors are turned back from that day on`,
    ];
}

/** `CN=www.example.org`, in one line. */
function titleOf(one: X509Certificate, which: "subject" | "issuer" = "subject"): string {
    return one[which].replaceAll("\n", ", ");
}
