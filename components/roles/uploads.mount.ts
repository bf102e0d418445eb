import { hostsOf, type Plan } from "../cluster/plan";
import type { Credentials, FileSpec } from "./role";
import {
    engineOf,
    library,
    owns,
    settle,
    sharedFile,
    type UploadFacts,
    type UploadRole,
} from "./uploads.place";

const tls = "/etc/ssl/glusterfs";
const nginxConfig = "/etc/nginx/uploads.conf";
/** Name of the volume on the storage hosts. */
const volume = "uploads";

export const mountUnits = {
    mount: "testudo-uploads.service",
    nginx: "nginx-uploads.service",
} as const;

export function storageNames(plan: Plan): string[] {
    return hostsOf(plan, "storage").map((host) => host.name);
}

function mounts({ plan }: UploadFacts): boolean {
    return engineOf(plan) === "mount";
}

/** The client of the storage hosts. */
export function mountFiles<F extends UploadFacts>(role: UploadRole): FileSpec<F>[] {
    const certificate = (name: keyof Credentials, rest: Pick<FileSpec<F>, "path" | "check">) => ({
        ...rest,
        content: (facts: F) =>
            owns(facts.host, role) && mounts(facts) ? facts.credentials[name] : null,
        onChange: settle,
    });
    return [
        // Gluster knows these three by their names only.
        certificate("ca", {
            path: `${tls}.ca`,
            check: `openssl x509 -noout -in ${tls}.ca`,
        }),
        certificate("certificate", {
            path: `${tls}.pem`,
            check: `openssl verify -CAfile ${tls}.ca ${tls}.pem`,
        }),
        {
            ...certificate("key", {
                path: `${tls}.key`,
                check: `cmp <(openssl x509 -noout -pubkey -in ${tls}.pem) <(openssl pkey -pubout -in ${tls}.key)`,
            }),
            mode: "0600",
        },
        sharedFile<F>(`${library}/mount`, role, mounts, {
            view: () => ({ volume }),
            mode: "0755",
            check: `bash -n ${library}/mount`,
        }),
        sharedFile<F>("/etc/testudo/uploads/servers", role, mounts, {
            view: ({ plan }) => ({ servers: storageNames(plan) }),
            check: { none: "a list of names" },
        }),
        sharedFile<F>(`/etc/systemd/system/${mountUnits.mount}`, role, mounts, {
            check: `systemd-analyze verify --man=no ${mountUnits.mount}`,
        }),
    ];
}

/** On web hosts: an nginx that may hang with the storage, in the place of the site's own. */
export function mountNginx<F extends UploadFacts>(): FileSpec<F>[] {
    const view = (facts: F) => (mounts(facts) ? { uploadWorkers: 8 } : null);
    return [
        {
            path: nginxConfig,
            template: "_shared/uploads/nginx-uploads.conf.mustache",
            view,
            onChange: settle,
            // It tries the socket as well.
            check: `mkdir -p /run/nginx-uploads && nginx -t -q -c ${nginxConfig}`,
        },
        {
            path: `/etc/systemd/system/${mountUnits.nginx}`,
            template: `_shared/uploads/${mountUnits.nginx}.mustache`,
            view,
            onChange: settle,
            check: `systemd-analyze verify --man=no ${mountUnits.nginx}`,
        },
    ];
}
