import type { Plan } from "../cluster/plan";
import type { Fault, Flow, HostSpec, RoleName } from "../cluster/types";

/** A flat view for a mustache template: strings, numbers, booleans, null for "absent on purpose", lists of the same. */
export interface View {
    readonly [name: string]:
        string | number | boolean | null | View | readonly View[] | readonly string[];
}

/** What a change of a file asks of its daemon. `run` names a script on the host that applies it at run time. */
export type Action = "none" | `restart ${string}` | `reload ${string}` | `run /${string}`;

/** One managed file on a host. `F` is what the role's views are made from. */
export interface FileSpec<F> {
    /** Absolute path on the host. */
    readonly path: string;
    /** Below `config-templates/`; for a file that several roles have. @default "<stem><path>.mustache" */
    readonly template?: string;
    /** The template's values, or `null` where this host does not have the file. */
    readonly view?: (facts: F) => View | null;
    /** The text itself, for files that are no templates (keys and certificates). */
    readonly content?: (facts: F) => string | null;
    /** @default "root:root" */
    readonly owner?: string;
    /** @default "0644" */
    readonly mode?: string;
    /** @default "none" */
    readonly onChange?: Action;
    /** The daemon's own checker, run on the host over the staged files; or why there is none. */
    readonly check: string | { readonly none: string };
}

export interface Listener {
    readonly protocol: "tcp" | "udp";
    readonly port: number;
    /** `loopback` listeners need no flow. */
    readonly scope: "network" | "loopback";
    readonly what: string;
    /** @default always, on every host of the role */
    readonly presence?: (facts: HostFacts) => Presence;
}

/** Whether somebody listens there: all the time, only while something is under way, or not on this host. */
export type Presence = "always" | "sometimes" | "never";

export function presenceOf(listener: Listener, facts: HostFacts): Presence {
    return listener.presence?.(facts) ?? "always";
}

export function onlyIf(condition: (facts: HostFacts) => boolean): Pick<Listener, "presence"> {
    return { presence: (facts) => (condition(facts) ? "always" : "never") };
}

export interface SystemUser {
    readonly name: string;
    readonly home: string;
    readonly groups?: readonly string[];
}

/** Names that are always the same, or that choices of the plan decide (an engine, a proxy). */
export type Names = readonly string[];
export type NamesInPlan = Names | ((plan: Plan) => Names);

export function namesIn(plan: Plan, names: NamesInPlan): Names {
    return typeof names === "function" ? names(plan) : names;
}

/** What every role's views know. */
export interface HostFacts {
    readonly plan: Plan;
    readonly host: HostSpec;
}

/** What a role is: data and pure functions, from which firewall, pushes and tests are made, logs and metrics later. */
export interface Role<F extends HostFacts = HostFacts, N extends NamesInPlan = Names> {
    readonly name: RoleName | "base";
    /** Names the template folder, the component and the tests. */
    readonly stem: string;
    readonly packages: N;
    readonly users: readonly SystemUser[];
    /** systemd units that the push enables and keeps running, in start order. */
    readonly units: N;
    readonly files: readonly FileSpec<F>[];
    readonly listens: readonly Listener[];
    readonly flows: (plan: Plan) => readonly Flow[];
    /** Journal units worth shipping to a log host. */
    readonly logs: readonly string[];
    /** Prometheus endpoints. */
    readonly metrics: readonly { readonly port: number; readonly path: string }[];
    /** What is wrong with the plan from this role's point of view. */
    readonly faults: (plan: Plan) => readonly Fault[];
}

/** A certificate and its key in PEM, with the authority that signs its peers. */
export interface Credentials {
    readonly certificate: string;
    readonly key: string;
    readonly ca: string;
}

/** HAProxy reads certificate and key from one file. */
export function bundlePem(credentials: Credentials): string {
    return credentials.certificate + credentials.key;
}
