import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import type { View } from "./role";
import { mainSiteView } from "./sites.views";

/** Cookies of visitors whose pages are their own, case ignored. Read by nginx and by HAProxy alike (PCRE). */
const knownVisitors =
    "(?:^|;\\s*)(?:wordpress_logged_in_|wordpress_sec_|comment_author_|wp-postpass_|PHPSESSID=|woocommerce_|wp_woocommerce_session_)";

/** Whose pages are kept, where and for how long: on web hosts, and for a moment on balancers before them. */
export function keptPagesView(plan: Plan): View {
    const { pageCacheSeconds, pageCacheMiB } = plan.config.web;
    // Only WordPress says when a page has changed, and who is a stranger to it.
    const keepsPages = pageCacheSeconds > 0 && mainSiteView({ plan }).isWordpress === true;
    const edgeSeconds = Math.min(plan.config.loadBalancer.pageCacheSeconds, pageCacheSeconds);
    return {
        keepsPages,
        knownVisitors,
        pageCacheSeconds,
        pageCacheMiB,
        // 8000 names of pages fit into one, and a page is seldom smaller than 4 KiB.
        keysMiB: Math.max(1, Math.ceil(pageCacheMiB / 32)),
        edgeKeepsPages: keepsPages && edgeSeconds > 0,
        edgeSeconds,
        // What was on its way when something was published is older than that by then.
        edgePauseSeconds: edgeSeconds + 2,
    };
}

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
