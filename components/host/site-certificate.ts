import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Plan } from "../cluster/plan";
import type { Checked, Fault } from "../cluster/types";
import { certificateFaults, certificateKey, keyKey, titleOf } from "./site-certificate.faults";

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
const dayMs = 86_400_000;
/** With less than this left every `up` says so. */
const warnDays = 30;
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
    faults.push(...certificateFaults(chain.value, plan, now));
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

/** A text that is PEM is itself; anything else is the path of a file, relative to `root`. */
export async function textOf(
    key: string,
    value: string,
    root: string,
    why = "visitors are shown what is in it",
): Promise<Checked<string>> {
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
                    why,
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

function endWarnings(ends: Date, now: Date): string[] {
    const days = Math.floor((ends.getTime() - now.getTime()) / dayMs);
    if (days < 0 || days >= warnDays) return [];
    return [
        `${certificateKey} ends in ${days} days, on ${ends.toISOString().slice(0, 10)}: put its successor in place and bring the stack up, or visitors are turned back from that day on`,
    ];
}
