import { hostsOf, type Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import type { Credentials, FileSpec, HostFacts, View } from "./role";

/** What a role knows whose hosts have visitors' files. */
export interface UploadFacts extends HostFacts {
    /** Shown to the storage hosts, and to hosts that follow this one. */
    readonly credentials: Credentials;
}

export type UploadRole = "web" | "app";

/** On every host: from the storage hosts, copies of what one host takes, or only what this host took. */
export type Engine = "mount" | "follow" | "local";

export const library = "/usr/local/lib/testudo/uploads";
export const settle = `run ${library}/settle` as const;
/** On the host's own disk: the mount's point, or the files themselves. */
export const place = "/srv/site/uploads";

export function engineOf(plan: Plan): Engine {
    if (plan.config.storage.engine === "lsyncd") return "follow";
    return hostsOf(plan, "storage").length > 0 ? "mount" : "local";
}

/** A host with both roles has it all as an app host: PHP is pushed first. */
export function owns(host: HostSpec, role: UploadRole): boolean {
    return role === "app" || !host.roles.includes("app");
}

/** The one host whose PHP may write, where the others follow it. */
export function masterOf(plan: Plan): string {
    const apps = hostsOf(plan, "app");
    const first = apps.find((host) => host.leaving !== true) ?? apps[0];
    const name = plan.config.storage.master ?? first?.name;
    if (name === undefined) throw new Error("the plan has no app host");
    return name;
}

export function followsAnother({ plan, host }: HostFacts): boolean {
    return engineOf(plan) === "follow" && host.name !== masterOf(plan);
}

export function isMaster({ plan, host }: HostFacts): boolean {
    return engineOf(plan) === "follow" && host.name === masterOf(plan);
}

/** All that have visitors' files but this one. */
export function peersOf({ plan, host }: HostFacts): string[] {
    return plan.hosts
        .filter(({ roles }) => roles.includes("web") || roles.includes("app"))
        .map(({ name }) => name)
        .filter((name) => name !== host.name);
}

/** Of a file in `_shared/uploads` that only some hosts have. */
export function sharedFile<F extends UploadFacts>(
    path: string,
    role: UploadRole,
    has: (facts: F) => boolean,
    rest: Pick<FileSpec<F>, "check"> & { view?: (facts: F) => View; mode?: string },
): FileSpec<F> {
    return {
        ...rest,
        path,
        template: `_shared/uploads/${path.split("/").pop() ?? ""}.mustache`,
        view: (facts) => (owns(facts.host, role) && has(facts) ? (rest.view?.(facts) ?? {}) : null),
        onChange: settle,
    };
}
