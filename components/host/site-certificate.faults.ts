import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import { namesOf } from "../cluster/sites";
import type { Fault } from "../cluster/types";

export const certificateKey = configKey("site.certificate");
export const keyKey = configKey("siteKey");
/** What a browser asks of a certificate: id-kp-serverAuth. */
const serverAuth = "1.3.6.1.5.5.7.3.1";

/** Everything that would turn visitors back. */
export function certificateFaults(
    chain: readonly X509Certificate[],
    plan: Pick<Plan, "config" | "vip">,
    now: Date,
): Fault[] {
    const [leaf] = chain;
    return [
        ...(leaf === undefined ? [] : nameFaults(leaf, plan)),
        ...timeFaults(chain, now),
        ...chainFaults(chain),
        ...(leaf === undefined ? [] : purposeFaults(leaf)),
    ];
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

/** `CN=www.example.org`, in one line. */
export function titleOf(one: X509Certificate, which: "subject" | "issuer" = "subject"): string {
    return one[which].replaceAll("\n", ", ");
}
