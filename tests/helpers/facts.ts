import { acmeOf } from "../../components/cluster/acme";
import { hostsOf, type Plan } from "../../components/cluster/plan";
import type { HostSpec } from "../../components/cluster/types";
import { renderRole, type RenderedFile } from "../../components/host/render";
import { flowsOf, roles } from "../../components/roles/all";
import { moverKind, type AddressMover } from "../../components/roles/address-mover";
import { app } from "../../components/roles/app-tier";
import { galera } from "../../components/roles/galera-cluster";
import { gluster } from "../../components/roles/gluster-volume";
import { innerLoadBalancer } from "../../components/roles/inner-load-balancer";
import { loadBalancer } from "../../components/roles/load-balancer-pair";
import type { AcmeAccount } from "../../components/roles/load-balancer-pair.acme";
import { base } from "../../components/roles/base";
import { redis } from "../../components/roles/redis-sentinel";
import type { Credentials } from "../../components/roles/role";
import { web } from "../../components/roles/web-tier";

/** What only exists after a deployment: keys, certificates, passwords. */
export interface Secrets {
    credentials(host: string, role: string): Credentials;
    readonly edge: Credentials;
    /** Of hosts whose plan asks an authority for the site's certificate. */
    readonly acme: AcmeAccount;
    readonly ca: string;
    readonly bastionKey: string;
    /** One authorized_keys line. */
    readonly operatorKey: string;
}

const ca = "CERTIFICATE of the authority\n";

/** Fixed texts in their place, each saying whose secret it stands for. */
export const placeholders: Secrets = {
    credentials: (host, role) => ({
        certificate: `CERTIFICATE of ${host} as ${role}\n`,
        key: `SECRET key of ${host} as ${role}\n`,
        ca,
    }),
    edge: { certificate: "CERTIFICATE of the edge\n", key: "SECRET key of the edge\n", ca },
    acme: {
        key: "SECRET key of the account\n",
        thumbprint: "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI",
        directoryCa: null,
    },
    ca,
    bastionKey: "SECRET key of the bastion\n",
    operatorKey: "ssh-ed25519 PUBLIC operator",
};

/** Files by role, for one host: what `base` and the pushes of its roles would put there. */
export function filesOf(
    plan: Plan,
    host: HostSpec,
    secrets: Secrets = placeholders,
): Map<string, RenderedFile[]> {
    const own = { plan, host, authorizedKeys: [secrets.operatorKey], ...moverFor(plan, host) };
    const credentials = (role: string) => ({ credentials: secrets.credentials(host.name, role) });
    const all = new Map<string, () => RenderedFile[]>([
        ["base", () => renderRole(base, { ...own, flows: flowsOf(plan), ca: secrets.ca })],
        [
            "load-balancer",
            () =>
                renderRole(loadBalancer, {
                    ...own,
                    ...credentials("load-balancer"),
                    edge: secrets.edge,
                    acme: acmeOf(plan.config) === undefined ? null : secrets.acme,
                    bastionKey: secrets.bastionKey,
                }),
        ],
        ["web", () => renderRole(web, { ...own, ...credentials("web") })],
        [
            "app",
            () =>
                renderRole(app, {
                    ...own,
                    ...credentials("app"),
                    databasePassword: "SECRET 'password\\of the site",
                    salts: "SECRET salts of the site",
                    mailPassword: plan.config.mailPassword ?? null,
                    monitorPassword:
                        plan.config.database.proxy === "proxysql"
                            ? "SECRETpasswordOfMonitor"
                            : null,
                    cachePasswords:
                        hostsOf(plan, "cache").length === 0
                            ? null
                            : {
                                  sessions: "SECRETpasswordOfSessions",
                                  objects: "SECRETpasswordOfObjects",
                              },
                }),
        ],
        ["storage", () => renderRole(gluster, { ...own, ...credentials("storage") })],
        [
            "inner-load-balancer",
            () => renderRole(innerLoadBalancer, { ...own, ...credentials("inner-load-balancer") }),
        ],
        ["database", () => renderRole(galera, { ...own, ...credentials("database") })],
        [
            "cache",
            () =>
                renderRole(redis, {
                    ...own,
                    ...credentials("cache"),
                    passwords: {
                        sessions: "SECRETofSessions",
                        objects: "SECRETofObjects",
                        replication: "SECRETofReplication",
                        sentinel: "SECRETofSentinel",
                        gate: "SECRETofTheGate",
                        operator: "SECRETofTheOperator",
                    },
                }),
        ],
    ]);
    const names = roles
        .map((role): string => role.name)
        .filter((name) => name === "base" || (host.roles as readonly string[]).includes(name));
    return new Map(
        names.map((name) => {
            const render = all.get(name);
            if (render === undefined)
                throw new Error(`tests/helpers/facts.ts: no facts for ${name}`);
            return [name, render()];
        }),
    );
}

/** What a balancer on EC2 knows of its address. */
function moverFor(plan: Plan, host: HostSpec): { mover?: AddressMover } {
    const role = (["load-balancer", "inner-load-balancer"] as const).find((one) =>
        host.roles.includes(one),
    );
    const kind = role === undefined ? undefined : moverKind(plan, role);
    if (kind === undefined) return {};
    const common = {
        region: "eu-central-1",
        endpoint: "https://ec2.eu-central-1.amazonaws.com/",
        networkInterfaceId: `eni-0${host.name}`,
    };
    switch (kind) {
        case "elastic":
            return {
                mover: {
                    ...common,
                    kind,
                    allocationId: "eipalloc-0site",
                    publicAddress: "192.0.2.80",
                },
            };
        case "secondary":
            return { mover: { ...common, kind } };
        case "route":
            return { mover: { ...common, kind, routeTableIds: ["rtb-0a", "rtb-0b", "rtb-0c"] } };
    }
}

/** One file of a host. */
export function fileOf(plan: Plan, host: HostSpec, path: string): string {
    const found = [...filesOf(plan, host).values()].flat().find((file) => file.path === path);
    if (found === undefined) throw new Error(`${host.name} has no ${path}`);
    return found.content;
}
