import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { configKey, type Config } from "../cluster/config";
import type { Checked } from "../cluster/types";
import { textOf } from "./site-certificate";

const key = configKey("site.acme.ca");
const why = "the balancers believe the directory by it";
const project = join(__dirname, "..", "..");

/**
 * Reads the certificates by which the directory of `testudo:site.acme` is believed.
 * @returns no value where those that browsers know are enough.
 */
export async function readAcmeAuthority(
    { site }: Pick<Config, "site">,
    root = project,
): Promise<Checked<string>> {
    if (site.acme?.ca === undefined) return { faults: [] };
    const { value: text, faults } = await textOf(key, site.acme.ca, root, why);
    if (text === undefined) return { faults };
    const wrong = (rule: string, got: string): Checked<string> => ({
        faults: [{ key, rule, why, got }],
    });
    if (text.includes("PRIVATE KEY-----"))
        return wrong("needs certificates alone", "a private key as well");
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) return wrong("needs certificates in PEM", "none");
    try {
        return {
            value: blocks.map((block) => new X509Certificate(block).toString()).join(""),
            faults,
        };
    } catch {
        return wrong("needs certificates in PEM", "one that cannot be read");
    }
}
