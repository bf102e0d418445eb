import { hostsOf, type Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import type { Credentials, HostFacts, View } from "./role";

export interface GlusterFacts extends HostFacts {
    /** Common name = host: what `auth.ssl-allow` compares. */
    readonly credentials: Credentials;
}

export const volume = "uploads";
/** A folder of the data volume, never its top: where the volume is not mounted there is no brick, and none is made. */
export const brick = "/srv/gluster/uploads";
export const settings = "/etc/testudo/storage";
export const management = 24007;
/** A brick has one of them; more than one, since a new process may come before the old one's is free again. */
export const brickPorts = [49152, 49153, 49154, 49155] as const;

/** www-data, as Debian has it on every host: PHP writes as this user. */
const phpUser = 33;

/** An arbiter takes the place of the third copy. */
export function hasArbiter(plan: Plan): boolean {
    return plan.config.storage.arbiter;
}

/** The members in the plan's order, those on their way out apart. */
function staying(plan: Plan): readonly HostSpec[] {
    return hostsOf(plan, "storage").filter((host) => host.leaving !== true);
}

export function clusterView({ plan, host }: GlusterFacts): View {
    return {
        name: host.name,
        members: staying(plan)
            .map((member) => member.name)
            .join(" "),
        volume,
        brick,
        arbiter: hasArbiter(plan) ? "yes" : "no",
    };
}

export function daemonView(): View {
    return {
        managementPort: management,
        firstPort: brickPorts[0],
        lastPort: brickPorts[brickPorts.length - 1] ?? brickPorts[0],
    };
}

/** Whose certificate opens the volume: its own hosts, and those that mount it. */
export function allowedNames(plan: Plan): string[] {
    return plan.hosts
        .filter(({ roles }) =>
            (["storage", "web", "app"] as const).some((role) => roles.includes(role)),
        )
        .map((host) => host.name);
}

export function optionsView({ plan }: GlusterFacts): View {
    return { allowed: allowedNames(plan).join(","), owner: phpUser };
}
