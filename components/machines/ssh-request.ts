import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { packagesOf } from "../roles/all";
import { clientFiles, remoteShell } from "./ssh-client";

/** All that the script needs, also when it runs years later to give the machine back. */
export function adoptRequest(
    plan: Plan,
    spec: HostSpec,
    nonce: string,
    operatorKey: string,
): object {
    const place = dataPlace(plan, spec);
    return {
        stack: plan.stack,
        host: spec.name,
        nonce,
        ...clientFiles(plan, [spec]),
        shell: remoteShell(plan, spec.name),
        operator_key: operatorKey.trim(),
        path: spec.data?.path ?? null,
        data: place?.directory ?? null,
        device: place?.device ?? null,
        // The rest comes with the first push, which needs the bus.
        packages: spec.data === undefined ? "dbus" : packagesOf(plan, spec).join(" "),
        // Of these go, with the machine, those that were not there before.
        removable: plan.config.ssh.removePackages ? packagesOf(plan, spec).join(" ") : null,
    };
}

/** Where a host's data lie, whatever its daemon thinks; nothing where it has none. */
export function dataPlace(
    plan: Plan,
    spec: HostSpec,
): { readonly directory: string; readonly device?: string } | undefined {
    if (spec.data === undefined) return undefined;
    const { device, directory } = plan.config.ssh.hosts[spec.name]?.data ?? {};
    return {
        directory: directory ?? `/srv/testudo/${spec.data.path.split("/").pop() ?? ""}`,
        ...(device === undefined ? {} : { device }),
    };
}
