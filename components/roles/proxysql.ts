import { createHmac } from "node:crypto";
import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import { doors, tunnelPort } from "./data-proxy";
import type { FileSpec, HostFacts, View } from "./role";

/** What ProxySQL's configuration is made from, beside the plan. */
export interface ProxysqlFacts extends HostFacts {
    /** Of the site's account. */
    readonly databasePassword: string;
    /** Of the account by which ProxySQL asks the members how they are; null where HAProxy brings SQL. */
    readonly monitorPassword: string | null;
}

const unit = "proxysql.service";
const checker = "/usr/local/lib/testudo/app/check-proxysql";
const handover = "/usr/local/lib/testudo/app/sql-proxy";

/** Is ProxySQL what PHP finds at its SQL ports, in the place of `haproxy@data`? */
export function isProxysql({ config }: Plan): boolean {
    return config.database.proxy === "proxysql";
}

/** What a host that runs PHP has for it: a package, a unit, files, and ports on loopback. */
export const proxysql = {
    packages: (plan: Plan): string[] => (isProxysql(plan) ? ["proxysql"] : []),
    units: (plan: Plan): string[] => (isProxysql(plan) ? [unit] : []),
    files: [
        {
            path: handover,
            template: "proxysql/sql-proxy.mustache",
            view: ({ plan }) => ({ isProxysql: isProxysql(plan) }),
            mode: "0755",
            onChange: `run ${handover}`,
            check: `bash -n ${handover}`,
        },
        {
            path: checker,
            template: "proxysql/check-proxysql.mustache",
            view: whereChosen,
            mode: "0755",
            check: `bash -n ${checker}`,
        },
        {
            // Read at each start only, since the unit begins with an empty database of its own. PHP has to stand still
            // meanwhile, so its restart brings about this one (before-restart).
            path: "/etc/proxysql.cnf",
            template: "proxysql/etc/proxysql.cnf.mustache",
            view: proxysqlView,
            owner: "root:proxysql",
            mode: "0640",
            onChange: "restart php8.4-fpm.service",
            check: checker,
        },
        {
            path: "/etc/systemd/system/proxysql.service.d/testudo.conf",
            template: "proxysql/etc/systemd/system/proxysql.service.d/testudo.conf.mustache",
            view: whereChosen,
            onChange: `restart ${unit}`,
            check: `systemd-analyze verify --man=no ${unit}`,
        },
    ] satisfies FileSpec<ProxysqlFacts>[],
    faults,
} as const;

function whereChosen({ plan }: HostFacts): View | null {
    return isProxysql(plan) ? {} : null;
}

export function proxysqlView(facts: ProxysqlFacts): View | null {
    const { plan, databasePassword, monitorPassword } = facts;
    if (!isProxysql(plan)) return null;
    if (monitorPassword === null) throw new Error("ProxySQL has no password for its monitor");
    const members = hostsOf(plan, "database");
    return {
        sqlPort: doors.sql,
        readsPort: doors.reads,
        connections: sqlConnections(plan),
        serverVersion: plan.config.database.engine === "mariadb" ? "11.8.0-MariaDB" : "8.4.0",
        sitePassword: quoted(databasePassword),
        monitorPassword: quoted(monitorPassword),
        adminPassword: createHmac("sha256", monitorPassword).update("proxysql admin").digest("hex"),
        members: members.map((member, index) => ({
            memberName: member.name,
            memberPort: tunnelPort(index),
            // ProxySQL takes the heaviest as writer: the same one in all of them.
            memberWeight: 1000 - index,
            separator: index < members.length - 1 ? "," : "",
        })),
    };
}

/** Every worker holds one connection, programs on the command line a few more. */
export function sqlConnections({ config }: Plan): number {
    return config.app.phpWorkers * 2 + 50;
}

/** Inside the double quotes of ProxySQL's configuration language. */
export function quoted(text: string): string {
    return text.replace(/[\\"]/g, "\\$&");
}

function faults(plan: Plan): Fault[] {
    const inner = hostsOf(plan, "inner-load-balancer").length;
    if (!isProxysql(plan) || inner === 0) return [];
    return [
        {
            key: configKey("database.proxy"),
            rule: "needs testudo:innerLoadBalancer.count to be 0 with proxysql",
            why: "the inner balancers choose the writer as well, and two that choose can choose two",
            got: `"proxysql" and ${inner} inner balancers`,
        },
    ];
}
