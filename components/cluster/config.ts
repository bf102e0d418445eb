import { z } from "zod";
import { parseAddress, parseNetwork } from "./addresses";
import type { Checked, Fault } from "./types";

const namespace = "testudo";

const address = z
    .string()
    .refine((text) => parseAddress(text) !== undefined, "needs an IPv4 address such as 10.91.0.10");
const network = z
    .string()
    .refine(
        (text) => parseNetwork(text) !== undefined,
        "needs an IPv4 network such as 10.91.0.0/24, host bits zero",
    );
const dnsName = z
    .string()
    .max(253)
    .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
        "needs a DNS name in lower case such as www.example.org",
    );
const count = (most: number) => z.number().int().min(1).max(most);
const seconds = (least: number, most: number) => z.number().min(least).max(most);
const memoryMiB = z.number().int().min(128).max(1_048_576);
const diskGiB = z.number().int().min(1).max(16_384);
const email = z.string().email();

/** Sizes that every tier has. Defaults come from the preset. */
const tier = {
    count: count(9).optional(),
    memoryMiB: memoryMiB.optional(),
    diskGiB: diskGiB.optional(),
};

const schema = z
    .object({
        platform: z.enum(["incus"]),
        preset: z.string(),

        /** What the world sees. */
        site: z
            .object({
                /** Host name of the site. Without one the site lives at the floating address itself. */
                name: dnsName.optional(),
                title: z.string().min(1).max(200).default("Testudo"),
                adminUser: z
                    .string()
                    .regex(/^[a-z0-9_.-]{1,60}$/, "needs 1 to 60 of a-z 0-9 _ . -")
                    .default("admin"),
                adminEmail: email.default("admin@example.invalid"),
            })
            .strict()
            .default({}),

        network: z
            .object({
                /** Everything of this stack lies in it. */
                supernet: network.default("10.91.0.0/16"),
                /** The DMZ: balancers. */
                public: network.default("10.91.0.0/24"),
                /** All other hosts. */
                private: network.default("10.91.1.0/24"),
                /** Where clients of the lab stand (Incus only). */
                outside: network.default("10.91.2.0/24"),
                /** The floating address, inside `public`. */
                vip: address.default("10.91.0.10"),
            })
            .strict()
            .default({}),

        /** Who may reach the bastion and the balancers' sshd. Default on Incus: the machine itself. */
        operators: z.array(network).optional(),

        loadBalancer: z
            .object({
                ...tier,
                /** Connections that one balancer accepts at once. */
                maxConnections: z.number().int().min(100).max(1_000_000).default(4000),
                /** How long a web host may take to answer. */
                serverTimeoutSeconds: seconds(2, 3600).default(30),
                /** How long an idle client is kept. */
                clientTimeoutSeconds: seconds(2, 3600).default(30),
                /** VRRP advertisement interval; a dead balancer is replaced after about 3.6 of them. */
                vrrpAdvertSeconds: z.number().min(0.05).max(5).multipleOf(0.01).default(0.1),
                /** VRRP router id, unique in the public network. */
                vrrpRouterId: z.number().int().min(1).max(255).default(91),
            })
            .strict()
            .default({}),

        web: z
            .object({
                ...tier,
                /** php-fpm workers on each host. */
                phpWorkers: z.number().int().min(2).max(500).default(8),
                phpMemoryMiB: z.number().int().min(32).max(4096).default(128),
                /** Largest request body and upload. */
                maxUploadMiB: z.number().int().min(1).max(2048).default(64),
            })
            .strict()
            .default({}),

        database: z
            .object({
                ...tier,
                bufferPoolMiB: z.number().int().min(32).max(1_048_576).default(128),
                /** A vanished member stalls commits for about this plus 0.5 s. Less than 2 s only on one quiet LAN. */
                suspectTimeoutSeconds: seconds(1, 60).default(2),
                /** Write sets kept for members that come back; more lets them stay away longer without a full copy. */
                gcacheMiB: z.number().int().min(16).max(1_048_576).default(128),
                maxConnections: z.number().int().min(10).max(100_000).default(151),
                /** Data volume of each member. */
                dataGiB: diskGiB.default(10),
            })
            .strict()
            .default({}),

        /** Overrides for single hosts, by name. */
        hosts: z
            .record(
                z
                    .object({
                        address: address.optional(),
                        failureDomain: z.string().min(1).optional(),
                        memoryMiB: memoryMiB.optional(),
                    })
                    .strict(),
            )
            .default({}),

        /** Where WordPress' outgoing mail goes. Without it mail is switched off, visibly. */
        mail: z
            .object({
                relay: address,
                port: z.number().int().min(1).max(65535).default(587),
                /** STARTTLS with a verified certificate; `none` only for a relay on the same wire. */
                tls: z.enum(["starttls", "none"]).default("starttls"),
                user: z.string().optional(),
                from: email,
            })
            .strict()
            .optional(),
        /** Secret: `pulumi config set --secret testudo:mailPassword`. */
        mailPassword: z.string().optional(),

        incus: z
            .object({
                /** Incus server as `incus remote list` names it. */
                remote: z.string().default("local"),
                storagePool: z.string().default("testudo"),
                /** Image alias; `make image` prints the newest. */
                image: z.string().optional(),
                type: z.enum(["container", "virtual-machine"]).default("container"),
                /** Loopback port of the machine that leads to the site, for a laptop's ssh tunnel. */
                exposePort: z.number().int().min(1024).max(65534).optional(),
            })
            .strict()
            .default({}),

        /** Names, in words, the loss that a topology which the plan refuses may cause. */
        acceptDataLossRisk: z
            .string()
            .min(20, "needs a sentence of at least 20 characters")
            .optional(),
    })
    .strict();

/** Keys whose value is a text, also where it reads like JSON: a password may be all digits. */
const texts = new Set(
    Object.entries<z.ZodTypeAny>(schema.shape)
        .filter(([, type]) => type.safeParse("").error?.issues[0]?.code !== "invalid_type")
        .map(([key]) => key),
);

/** The stack's configuration, complete with defaults. */
export type Config = z.infer<typeof schema> & {
    /** Name of the Pulumi stack. */
    readonly stack: string;
};

/**
 * Reads the stack's raw configuration (`testudo:key` to text, as Pulumi keeps it). Every unknown key
 * and every wrong value is a fault; the value is then what the rest amounts to, so that the plan's
 * faults can be told in the same message.
 */
export function parseConfig(stack: string, raw: Readonly<Record<string, string>>): Checked<Config> {
    const own = Object.entries(raw).filter(([key]) => key.startsWith(`${namespace}:`));
    const values = Object.fromEntries(
        own
            .map(([key, text]) => [key.slice(namespace.length + 1), text] as const)
            .map(([key, text]) => [key, texts.has(key) ? text : parseValue(text)]),
    );
    const result = schema.safeParse(values);
    const issues = result.success ? [] : result.error.issues;
    const faults = [
        ...stackFaults(stack),
        ...issues.flatMap((issue) => issueFaults(issue, values)),
    ];
    const rest = result.success ? result : schema.safeParse(without(values, issues));
    return { faults, ...(rest.success ? { value: { ...rest.data, stack } } : {}) };
}

/** A copy of the values that lacks whatever an issue speaks of. */
function without(values: object, issues: readonly z.ZodIssue[]): unknown {
    const copy = structuredClone(values);
    for (const issue of issues) {
        const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
        const paths = keys.length > 0 ? keys.map((key) => [...issue.path, key]) : [issue.path];
        for (const path of paths) {
            const parent = lookUp(copy, path.slice(0, -1));
            if (typeof parent !== "object" || parent === null) continue;
            Reflect.deleteProperty(parent, path[path.length - 1] ?? "");
        }
    }
    return copy;
}

/** `network.vip` → `testudo:network.vip`, as in the stack file. */
export function configKey(path: string): string {
    return `${namespace}:${path}`;
}

/** Interface names are `td<stack>-pub` and Linux allows them 15 characters. */
const longestStackName = 9;

function stackFaults(stack: string): Fault[] {
    if (/^[a-z][a-z0-9]*$/.test(stack) && stack.length <= longestStackName) return [];
    return [
        {
            key: "stack name",
            rule: `needs 1 to ${longestStackName} of a-z 0-9, a letter first`,
            why: "bridges are named after it and Linux allows an interface 15 characters",
            got: JSON.stringify(stack),
        },
    ];
}

function parseValue(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

/** What may hold a secret is not repeated on a screen. */
const secretKey = /pass|secret|token|key$/i;

function issueFaults(issue: z.ZodIssue, values: unknown): Fault[] {
    const at = (path: readonly (string | number)[]) => configKey(path.join("."));
    const got = (path: readonly (string | number)[]) =>
        path.some((key) => secretKey.test(String(key)))
            ? "(not shown)"
            : describe(lookUp(values, path));
    if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) => ({
            key: at([...issue.path, key]),
            rule: "is not a key that Testudo knows",
            why: "a mistyped key would silently do nothing",
            got: got([...issue.path, key]),
        }));
    }
    const missing = lookUp(values, issue.path) === undefined;
    return [
        {
            key: at(issue.path),
            rule: missing ? "is required" : issueRule(issue),
            why: "the plan is made from it",
            got: missing ? "nothing" : got(issue.path),
        },
    ];
}

function issueRule(issue: z.ZodIssue): string {
    const text = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
    return text.startsWith("needs") ? text : `does not fit (${text})`;
}

function lookUp(value: unknown, path: readonly (string | number)[]): unknown {
    return path.reduce<unknown>(
        (inner, key) =>
            typeof inner === "object" && inner !== null
                ? (inner as Record<string, unknown>)[String(key)]
                : undefined,
        value,
    );
}

function describe(value: unknown): string {
    return value === undefined ? "nothing" : JSON.stringify(value);
}
