import type { HostSpec } from "../cluster/types";
import { rolesOf } from "../roles/all";

/** Ports that the roles of a host will listen on, its own sshd apart. */
export function portsOf(spec: HostSpec): string[] {
    return rolesOf(spec)
        .filter(({ name }) => name !== "base")
        .flatMap(({ listens }) => listens.map(({ protocol, port }) => `${protocol} ${port}`));
}
