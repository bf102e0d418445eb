import type { z } from "zod";
import { schema } from "./schema";
import type { Checked, Fault } from "./types";

const namespace = "testudo";

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
const secretKey = /pass|secret|token|(?<!host)keys?$|^environment$|^people$/i;

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
