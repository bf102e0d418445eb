import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import type { FileSpec, HostFacts, View } from "./role";
import { followFiles, followUnits } from "./uploads.follow";
import { mountFiles, mountNginx, mountUnits, storageNames } from "./uploads.mount";
import {
    engineOf,
    followsAnother,
    isMaster,
    library,
    masterOf,
    owns,
    peersOf,
    settle,
    type UploadFacts,
    type UploadRole,
} from "./uploads.place";
import { diskFaults } from "./web-tier.caches";

export { engineOf, masterOf } from "./uploads.place";
export { followDoor, followFlows, followListener } from "./uploads.follow";

// Visitors' files, on web and app hosts: the part of both roles that brings /srv/site/uploads there.

export function uploadPackages(plan: Plan, role: UploadRole): string[] {
    const engine = engineOf(plan);
    if (engine === "local") return [];
    if (engine === "mount") return ["glusterfs-client", "rsync"];
    return role === "app" ? ["lsyncd", "rsync", "socat"] : ["rsync"];
}

/** In the order in which they are started; nobody waits for the mount. Where hosts differ, `settle` starts them. */
export function uploadUnits(plan: Plan, role: UploadRole): string[] {
    if (engineOf(plan) !== "mount") return [];
    return role === "web" ? [mountUnits.mount, mountUnits.nginx] : [mountUnits.mount];
}

export const uploadLogs: Readonly<Record<UploadRole, readonly string[]>> = {
    web: [mountUnits.mount, mountUnits.nginx],
    app: [mountUnits.mount, followUnits.push],
};

/** What brings /srv/site/uploads to a host; on web hosts also the nginx that shows it. */
export function uploadFiles<F extends UploadFacts>(role: UploadRole): FileSpec<F>[] {
    const script = (name: string, rest: Partial<FileSpec<F>>): FileSpec<F> => ({
        path: `${library}/${name}`,
        template: `_shared/uploads/${name}.mustache`,
        view: (facts) => (owns(facts.host, role) ? uploadPlace(facts) : null),
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        ...rest,
    });
    return [
        ...mountFiles<F>(role),
        ...followFiles<F>(role),
        ...(role === "web" ? mountNginx<F>() : []),
        script("status", {}),
        // There in every case: it also takes back what another engine has set up.
        script("settle", { onChange: settle }),
    ];
}

/** What this host is: one of the four is true. */
export function uploadPlace(facts: HostFacts): View {
    const engine = engineOf(facts.plan);
    return {
        isMount: engine === "mount",
        isLocal: engine === "local",
        isMaster: isMaster(facts),
        isCopy: followsAnother(facts),
        uploadMaster: masterOf(facts.plan),
        peers: peersOf(facts),
        serverList: JSON.stringify(storageNames(facts.plan)),
    };
}

/** The site's nginx: the values of `{{> uploads/front}}` and `{{> uploads/writers}}`. */
export function uploadsView(plan: Plan): View {
    const { uploadCacheMiB } = plan.config.web;
    const hasMaster = engineOf(plan) === "follow";
    return {
        hasStorage: engineOf(plan) === "mount",
        hasMaster,
        phpUpstream: hasMaster ? "$testudo_php" : "app",
        uploadCacheMiB,
        // 8000 names of files fit into one, and a picture is seldom smaller than 16 KiB.
        uploadKeysMiB: Math.max(1, Math.ceil(uploadCacheMiB / 128)),
    };
}

export function uploadFaults(plan: Plan): Fault[] {
    const cached = engineOf(plan) === "mount" ? diskFaults(plan, "uploadCacheMiB") : [];
    return [...cached, ...engineFaults(plan)];
}

function engineFaults(plan: Plan): Fault[] {
    const { engine, master } = plan.config.storage;
    const storages = hostsOf(plan, "storage");
    const faults: Fault[] = [];
    if (engine === "lsyncd" && storages.length > 0) {
        faults.push({
            key: configKey("storage.count"),
            rule: "needs to be 0 with testudo:storage.engine lsyncd",
            why: "with it web and app hosts keep the files themselves, and storage hosts would have none",
            got: String(storages.length),
        });
    }
    if (master === undefined) return faults;
    const apps = hostsOf(plan, "app")
        .filter((host) => host.leaving !== true)
        .map((host) => host.name);
    if (engine !== "lsyncd") {
        faults.push({
            key: configKey("storage.master"),
            rule: "is for testudo:storage.engine lsyncd",
            why: "with any other engine every app host takes uploads",
            got: JSON.stringify(master),
        });
    } else if (!apps.includes(master)) {
        faults.push({
            key: configKey("storage.master"),
            rule: `needs one of ${apps.join(", ")}`,
            why: "uploads are taken by PHP, on a host that stays",
            got: JSON.stringify(master),
        });
    }
    return faults;
}
