import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, HostSpec } from "../cluster/types";
import type { Credentials, FileSpec, HostFacts, View } from "./role";

// Visitors' files, on web and app hosts: the part of both roles that brings /srv/site/uploads there.

/** What a role knows whose hosts have visitors' files. */
export interface UploadFacts extends HostFacts {
    /** Shown to the storage hosts. */
    readonly credentials: Credentials;
}

type UploadRole = "web" | "app";

const library = "/usr/local/lib/testudo/uploads";
const settle = `run ${library}/settle` as const;
const tls = "/etc/ssl/glusterfs";
const mountUnit = "testudo-uploads.service";
const nginxUnit = "nginx-uploads.service";

/** Name of the volume on the storage hosts. */
export const volume = "uploads";

/** From the storage hosts, or on each host's own disk. */
export function isShared(plan: Plan): boolean {
    return hostsOf(plan, "storage").length > 0;
}

/** A host with both roles has it all as an app host: PHP is pushed first. */
function owns(host: HostSpec, role: UploadRole): boolean {
    return role === "app" || !host.roles.includes("app");
}

export function uploadPackages(plan: Plan): string[] {
    return isShared(plan) ? ["glusterfs-client", "rsync"] : [];
}

/** In the order in which they are started. Nobody waits for the mount. */
export function uploadUnits(plan: Plan, role: UploadRole): string[] {
    if (!isShared(plan)) return [];
    return role === "web" ? [mountUnit, nginxUnit] : [mountUnit];
}

export const uploadLogs: Readonly<Record<UploadRole, readonly string[]>> = {
    web: [mountUnit, nginxUnit],
    app: [mountUnit],
};

/** What brings /srv/site/uploads to a host; on web hosts also the nginx that shows it. */
export function uploadFiles<F extends UploadFacts>(role: UploadRole): FileSpec<F>[] {
    return [...placeFiles<F>(role), ...(role === "web" ? nginxFiles<F>() : [])];
}

function placeFiles<F extends UploadFacts>(role: UploadRole): FileSpec<F>[] {
    const owned = (view: (facts: F) => View | null) => (facts: F) =>
        owns(facts.host, role) ? view(facts) : null;
    const mounted = (view: (facts: F) => View) =>
        owned((facts) => (isShared(facts.plan) ? view(facts) : null));
    const certificate = (name: keyof Credentials) => (facts: F) =>
        owns(facts.host, role) && isShared(facts.plan) ? facts.credentials[name] : null;
    const script = (name: string, rest: Partial<FileSpec<F>>): FileSpec<F> => ({
        path: `${library}/${name}`,
        template: `_shared/uploads/${name}.mustache`,
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        ...rest,
    });
    return [
        // Gluster knows these three by their names only.
        {
            path: `${tls}.ca`,
            content: certificate("ca"),
            onChange: settle,
            check: `openssl x509 -noout -in ${tls}.ca`,
        },
        {
            path: `${tls}.pem`,
            content: certificate("certificate"),
            onChange: settle,
            check: `openssl verify -CAfile ${tls}.ca ${tls}.pem`,
        },
        {
            path: `${tls}.key`,
            content: certificate("key"),
            mode: "0600",
            onChange: settle,
            check: `cmp <(openssl x509 -noout -pubkey -in ${tls}.pem) <(openssl pkey -pubout -in ${tls}.key)`,
        },
        script("mount", { view: mounted(({ plan }) => mountView(plan)), onChange: settle }),
        {
            path: `/etc/systemd/system/${mountUnit}`,
            template: `_shared/uploads/${mountUnit}.mustache`,
            view: mounted(() => ({})),
            onChange: settle,
            check: `systemd-analyze verify --man=no ${mountUnit}`,
        },
        script("status", { view: owned(({ plan }) => uploadPlace(plan)) }),
        // There in every case: it also takes back what another engine has set up.
        script("settle", { view: owned(({ plan }) => uploadPlace(plan)), onChange: settle }),
    ];
}

function nginxFiles<F extends UploadFacts>(): FileSpec<F>[] {
    const config = "/etc/nginx/uploads.conf";
    return [
        {
            path: config,
            template: "_shared/uploads/nginx-uploads.conf.mustache",
            view: ({ plan }) => (isShared(plan) ? { uploadWorkers: 8 } : null),
            onChange: settle,
            // It tries the socket as well.
            check: `mkdir -p /run/nginx-uploads && nginx -t -q -c ${config}`,
        },
        {
            path: `/etc/systemd/system/${nginxUnit}`,
            template: `_shared/uploads/${nginxUnit}.mustache`,
            view: ({ plan }) => (isShared(plan) ? {} : null),
            onChange: settle,
            check: `systemd-analyze verify --man=no ${nginxUnit}`,
        },
    ];
}

/** Which engine: one of these is true. */
export function uploadPlace(plan: Plan): View {
    return {
        isMount: isShared(plan),
        isLocal: !isShared(plan),
        serverList: JSON.stringify(serversOf(plan)),
    };
}

function mountView(plan: Plan): View {
    return { servers: serversOf(plan), volume };
}

function serversOf(plan: Plan): string[] {
    return hostsOf(plan, "storage").map((host) => host.name);
}

/** The values of `{{> uploads/front}}`, in the site's nginx. */
export function uploadsView(plan: Plan): View {
    const { uploadCacheMiB } = plan.config.web;
    return {
        hasStorage: isShared(plan),
        uploadCacheMiB,
        // 8000 names of files fit into one, and a picture is seldom smaller than 16 KiB.
        uploadKeysMiB: Math.max(1, Math.ceil(uploadCacheMiB / 128)),
    };
}

export function uploadFaults(plan: Plan): Fault[] {
    if (!isShared(plan)) return [];
    const { uploadCacheMiB } = plan.config.web;
    const most = Math.min(...hostsOf(plan, "web").map((host) => host.diskGiB * 256));
    if (uploadCacheMiB <= most) return [];
    return [
        {
            key: configKey("web.uploadCacheMiB"),
            rule: `needs to be at most a quarter of the disk of a web host (${most} MiB)`,
            why: "a full disk stops nginx, and the site's releases and logs lie on it as well",
            got: String(uploadCacheMiB),
        },
    ];
}
