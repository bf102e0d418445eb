import { hostsOf } from "../cluster/plan";
import type { Credentials, HostFacts, View } from "./role";

export interface WebFacts extends HostFacts {
    /** Shown to the balancers and to the app hosts. */
    readonly credentials: Credentials;
}

/** `check` is the host's view of itself, on loopback only. */
export const ports = { site: 8443, check: 8080 } as const;

export const tls = "/etc/testudo/tls/web";

export function siteView({ plan, host }: WebFacts): View {
    return {
        self: host.name,
        siteName: plan.siteName,
        address: host.address,
        sitePort: ports.site,
        checkPort: ports.check,
        tls,
        balancers: hostsOf(plan, "load-balancer").map((balancer) => balancer.address),
        maxUploadMiB: plan.config.web.maxUploadMiB,
    };
}
