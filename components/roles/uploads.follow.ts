import type { Plan } from "../cluster/plan";
import type { Flow } from "../cluster/types";
import { onlyIf, type FileSpec, type HostFacts, type Listener, type View } from "./role";
import {
    engineOf,
    followsAnother,
    isMaster,
    library,
    masterOf,
    owns,
    peersOf,
    place,
    sharedFile,
    type UploadFacts,
    type UploadRole,
} from "./uploads.place";

const settings = "/etc/testudo/uploads";
/** Of hosts that follow: rsync behind their HAProxy, for the master alone. */
const followPort = 8730;

export const followUnits = {
    push: "testudo-uploads-push.service",
    door: "testudo-uploads-rsync.socket",
} as const;

/** The master pushes what changes; behind each other host's HAProxy an rsync takes it. */
export function followFiles<F extends UploadFacts>(role: UploadRole): FileSpec<F>[] {
    const file = (path: string, has: (facts: F) => boolean, check: FileSpec<F>["check"]) =>
        sharedFile<F>(path, role, has, { view: (facts) => followView(facts, role), check });
    const unit = (name: string, has: (facts: F) => boolean) =>
        file(`/etc/systemd/system/${name}`, has, `systemd-analyze verify --man=no ${name}`);
    return [
        {
            ...file(`${library}/push`, isMaster, `bash -n ${library}/push`),
            mode: "0755",
        },
        file(`${settings}/lsyncd.lua`, isMaster, {
            none: "lsyncd reads it only in order to run it",
        }),
        unit(followUnits.push, isMaster),
        file(`${settings}/rsyncd.conf`, followsAnother, { none: "rsync has no checker for it" }),
        unit(followUnits.door, followsAnother),
        file("/etc/systemd/system/testudo-uploads-rsync@.service", followsAnother, {
            none: "systemd-analyze verify wants an instance",
        }),
    ];
}

function followView({ plan, host }: HostFacts, role: UploadRole): View {
    return { peers: peersOf({ plan, host }), tls: `/etc/testudo/tls/${role}`, followPort, place };
}

/** The values of `{{> haproxy/uploads}}`; `null` where nothing is taken. */
export function followDoor(facts: HostFacts, role: UploadRole): View | null {
    return followsAnother(facts) && owns(facts.host, role)
        ? { followPort, uploadMaster: masterOf(facts.plan) }
        : null;
}

export function followListener(role: UploadRole): Listener {
    return {
        protocol: "tcp",
        port: followPort,
        scope: "network",
        what: `visitors' files, from the host that takes them (${role})`,
        ...onlyIf((facts) => followDoor(facts, role) !== null),
    };
}

/** The master is one of the app hosts; the doors know which. */
export function followFlows(plan: Plan): Flow[] {
    if (engineOf(plan) !== "follow") return [];
    const roles: UploadRole[] = plan.hosts.some((host) => host.roles.includes("web"))
        ? ["web", "app"]
        : ["app"];
    return roles.map((to): Flow => ({
        from: "app",
        to,
        protocol: "tcp",
        port: followPort,
        why: "visitors' files, from the host that takes them",
    }));
}
