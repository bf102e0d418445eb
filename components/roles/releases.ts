import { hostsOf, type Plan } from "../cluster/plan";
import type { Flow, HostSpec } from "../cluster/types";
import { onlyIf, type FileSpec, type HostFacts, type Listener, type View } from "./role";
import { mainSiteView } from "./sites.views";

/** Releases of the site, for other web and app hosts, in mutual TLS. */
export const releasesPort = 9445;
/** On loopback of web hosts: a release of WordPress before visitors see it. */
export const releaseTrialPort = 8082;
/** Of nginx' own view of itself. */
export const checkPort = 8080;

/** A host that is both has one store, its PHP's. */
export type StoreRole = "app" | "web";

export function storeRole(host: HostSpec): StoreRole {
    return host.roles.includes("app") ? "app" : "web";
}

/** Units of the store, for a role's hosts; a merged plan's web hosts have them as app hosts. */
export function releaseUnits(plan: Plan, role: StoreRole): string[] {
    return hostsOf(plan, role).some((host) => storeRole(host) === role)
        ? ["testudo-releases.service", "testudo-release-sync.service"]
        : [];
}

function storeView({ plan, host }: HostFacts): View {
    const role = storeRole(host);
    const others = plan.hosts.filter(
        (other) =>
            other.name !== host.name &&
            (other.roles.includes("web") || other.roles.includes("app")),
    );
    return {
        ...mainSiteView({ plan }),
        library: `/usr/local/lib/testudo/${role}`,
        tls: `/etc/testudo/tls/${role}`,
        hasWeb: host.roles.includes("web"),
        hasApp: host.roles.includes("app"),
        peers: others.map((peer) => ({ peerName: peer.name })),
        releasesPort,
        checkPort,
    };
}

/** What HAProxy lets other hosts in with; `null` where the host's other role does that. */
export function releaseDoor({ plan, host }: HostFacts, role: StoreRole): View | null {
    return storeRole(host) === role && mainSiteView({ plan }).isWordpress === true
        ? { releasesPort }
        : null;
}

/** The store of releases: the scripts of `testudo release`, the door for other hosts, and who keeps up with them. */
export function releaseFiles<F extends HostFacts>(role: StoreRole): FileSpec<F>[] {
    const library = `/usr/local/lib/testudo/${role}`;
    const view = (facts: F) => (storeRole(facts.host) === role ? storeView(facts) : null);
    const restartSync = { onChange: "restart testudo-release-sync.service" } as const;
    const script = (name: string, rest: Partial<FileSpec<F>> = {}): FileSpec<F> => ({
        path: `${library}/${name}`,
        template: `_shared/site/${name}.mustache`,
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        view,
        ...rest,
    });
    const unit = (name: string, rest: Partial<FileSpec<F>> = {}): FileSpec<F> => ({
        path: `/etc/systemd/system/${name}`,
        template: `_shared/site/${name}.mustache`,
        view,
        check: { none: "systemd-analyze verify wants the scripts in place" },
        ...rest,
    });
    return [
        script("lib.sh", { mode: "0644", ...restartSync }),
        script("release-sync", restartSync),
        script("release-serve"),
        script("release"),
        ...(role === "app" ? [phpProgram<F>(`${library}/release.php`)] : []),
        unit("testudo-releases.service", { onChange: "restart testudo-releases.service" }),
        unit("testudo-release-sync.service", restartSync),
        {
            path: "/etc/tmpfiles.d/testudo-release.conf",
            template: "_shared/site/testudo-release.conf.mustache",
            view,
            check: { none: "systemd-tmpfiles can only check by doing" },
        },
    ];
}

/** What a release means to the database. Each run reads it anew. */
function phpProgram<F>(path: string): FileSpec<F> {
    return { path, template: "_shared/site/release.php.mustache", check: `php -l ${path}` };
}

export function releaseListener(role: StoreRole): Listener {
    return {
        protocol: "tcp",
        port: releasesPort,
        scope: "network",
        what: `releases, for hosts that were away or are new (${role})`,
        ...onlyIf((facts) => releaseDoor(facts, role) !== null),
    };
}

/** Each web and app host may ask every other one. */
export function releaseFlows(plan: Plan): Flow[] {
    if (mainSiteView({ plan }).isWordpress !== true) return [];
    const why = "the current release";
    const flow = (from: StoreRole, to: StoreRole): Flow => ({
        from,
        to,
        protocol: "tcp",
        port: releasesPort,
        why,
    });
    const roles: StoreRole[] = releaseUnits(plan, "web").length > 0 ? ["web", "app"] : ["app"];
    return roles.flatMap((from) => roles.map((to) => flow(from, to)));
}
