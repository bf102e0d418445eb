import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";

/** What web hosts keep lies on their own disks: each kind may take a quarter of the smallest. */
export function diskFaults(plan: Plan, key: "pageCacheMiB" | "uploadCacheMiB"): Fault[] {
    const size = plan.config.web[key];
    const most = Math.min(...hostsOf(plan, "web").map((host) => host.diskGiB * 256));
    if (size <= most) return [];
    return [
        {
            key: configKey(`web.${key}`),
            rule: `needs to be at most a quarter of the disk of a web host (${most} MiB)`,
            why: "a full disk stops nginx, and the site's releases and logs lie on it as well",
            got: String(size),
        },
    ];
}
