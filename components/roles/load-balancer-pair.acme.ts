import { createHash, createPublicKey } from "node:crypto";
import { acmeOf } from "../cluster/acme";
import { hostsOf, type Plan } from "../cluster/plan";
import { namesOf } from "../cluster/sites";
import type { FileSpec, HostFacts, View } from "./role";

/** The account at the authority that signs the site's certificate: one for both balancers. */
export interface AcmeAccount {
    /** PEM, secret. */
    readonly key: string;
    readonly thumbprint: string;
    /** PEM by which the directory is believed. @default those that browsers know */
    readonly directoryCa: string | null;
}

interface AcmeFacts extends HostFacts {
    readonly acme: AcmeAccount | null;
}

const library = "/usr/local/lib/testudo/load-balancer";
const settings = "/etc/testudo/acme";
const units = "/etc/systemd/system";
const timer = "testudo-acme.timer";
/** Whatever a certificate depends on has changed: is a new one due? */
const askAgain = `restart ${timer}` as const;
const bash = (path: string) => `bash -n ${path}`;

/** What the balancers have beside the rest, where an authority is asked for the site's certificate. */
export const acmeParts = {
    packages: ({ config }: Plan): string[] =>
        acmeOf(config) === undefined ? [] : ["dehydrated", "jq", "openssl"],
    units: ({ config }: Plan): string[] => (acmeOf(config) === undefined ? [] : [timer]),
};

/**
 * Each balancer fetches a certificate of its own and keeps nothing but that, in the file that HAProxy reads anyway. What
 * the authority asks for is answered from the account's key alone, so either balancer answers for both.
 */
export const acmeFiles: FileSpec<AcmeFacts>[] = [
    {
        path: `${settings}/account.key`,
        content: ({ acme }) => acme?.key ?? null,
        mode: "0600",
        onChange: askAgain,
        check: `openssl pkey -noout -in ${settings}/account.key`,
    },
    {
        path: `${settings}/directory-ca.pem`,
        content: ({ acme }) => acme?.directoryCa ?? null,
        onChange: askAgain,
        check: `openssl x509 -noout -in ${settings}/directory-ca.pem`,
    },
    {
        path: `${settings}/dehydrated.conf`,
        view: whereOn(clientView),
        onChange: askAgain,
        check: bash(`${settings}/dehydrated.conf`),
    },
    {
        path: `${library}/acme.sh`,
        view: whereOn(namesView),
        onChange: askAgain,
        check: bash(`${library}/acme.sh`),
    },
    ...["acme", "adapt", "status"].map((name): FileSpec<AcmeFacts> => ({
        path: `${library}/${name}`,
        view: whereOn(() => ({})),
        mode: "0755",
        check: bash(`${library}/${name}`),
    })),
    {
        path: `${library}/acme-fetch`,
        view: whereOn(({ plan, acme }) => ({ vip: plan.vip, thumbprint: acme?.thumbprint ?? "" })),
        mode: "0755",
        check: bash(`${library}/acme-fetch`),
    },
    {
        path: `${units}/testudo-acme.service`,
        view: whereOn(() => ({ library })),
        check: `systemd-analyze verify --man=no ${units}/testudo-acme.service`,
    },
    {
        path: `${units}/${timer}`,
        view: whereOn((facts) => ({ minute: minuteOf(facts) })),
        onChange: askAgain,
        check: { none: "a timer of two lines without a choice" },
    },
];

function whereOn(view: (facts: AcmeFacts) => View): (facts: AcmeFacts) => View | null {
    return (facts) => (facts.acme === null ? null : view(facts));
}

/** How HAProxy answers whoever asks whether the names are ours. */
export function answerView({ acme }: Pick<AcmeFacts, "acme">): View {
    return { answersAcme: acme !== null, acmeThumbprint: acme?.thumbprint ?? "" };
}

function clientView({ plan }: AcmeFacts): View {
    const acme = acmeOf(plan.config);
    return {
        directory: acme?.directory ?? "",
        contact: acme?.email ?? "",
        trustOption: acme?.hasOwnAuthority === true ? ` --cacert ${settings}/directory-ca.pem` : "",
    };
}

function namesView({ plan }: AcmeFacts): View {
    return {
        directory: acmeOf(plan.config)?.directory ?? "",
        names: namesOf(plan).join(" "),
    };
}

/** Not all stacks of the world at once, nor both balancers of one. */
function minuteOf({ plan, host }: HostFacts): string {
    const balancers = hostsOf(plan, "load-balancer");
    const place = balancers.findIndex(({ name }) => name === host.name);
    const start = createHash("sha256").update(plan.siteName).digest().readUInt16BE(0);
    const minute = (start + Math.floor((60 * place) / balancers.length)) % 60;
    return String(minute).padStart(2, "0");
}

/**
 * The fingerprint of an account's key (RFC 7638): with it anybody can answer what the authority asks (RFC 8555, 8.1).
 * @param publicKey PEM
 */
export function thumbprintOf(publicKey: string): string {
    const jwk = createPublicKey(publicKey).export({ format: "jwk" });
    return thumbprint(jwk as Record<string, string>);
}

/** Only what the key is made of, in the order of the alphabet. */
export function thumbprint(jwk: Readonly<Record<string, string>>): string {
    const members = { EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"] }[jwk.kty ?? ""];
    if (members === undefined)
        throw new TypeError(`an account's key is of kind ${jwk.kty ?? "(none)"}, not EC or RSA`);
    const required = Object.fromEntries(members.map((name) => [name, jwk[name]]));
    return createHash("sha256").update(JSON.stringify(required)).digest("base64url");
}
