import * as pulumi from "@pulumi/pulumi";
import { netmask, parseNetwork } from "./cluster/addresses";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { areNew, bringUp, stayingFirst, type BroughtUp } from "./host/bring-up";
import { renderRole } from "./host/render";
import { fileVersion, push, script } from "./host/steps";
import { generatedPassword } from "./passwords";
import { galera, scripts } from "./roles/galera-cluster";
import { isProxysql } from "./roles/proxysql";
import { namesIn } from "./roles/role";

export interface GaleraClusterArgs {
    readonly foundation: Foundation;
    /** @default the plan's database hosts */
    readonly hosts?: readonly HostSpec[];
    /** What must be in place before the hosts can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/**
 * Galera members (MariaDB, or Percona XtraDB Cluster), each with data on a volume of its own. Survives the loss of a minority of
 * them without losing an acknowledged write. Living members are changed one at a time, each step ending when its member is
 * synced; bootstrapped once, by `form`, and only if every member answers that it never had data.
 */
export class GaleraCluster extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** The site's account is there, and the first member takes writes. */
    readonly open: pulumi.Resource;
    /** The last step: all members are in. */
    readonly formed: pulumi.Resource;
    /** Schema, account and password for the site. */
    readonly account: {
        readonly database: string;
        readonly user: string;
        readonly password: pulumi.Output<string>;
    };
    /** Of the account by which a ProxySQL asks members how they are; null where there is none. */
    readonly monitorPassword: pulumi.Output<string> | null;
    /** Makes passwords of before be refused; `after` is everything that could still use them. */
    readonly retirePasswords: (after: readonly pulumi.Resource[]) => void;

    constructor(name: string, args: GaleraClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:GaleraCluster", name, {}, opts);
        const { foundation } = args;
        const { plan, trust } = foundation;
        const specs = args.hosts ?? hostsOf(plan, "database");
        const generated = (account: string) =>
            generatedPassword(`${name}-${account}-password`, plan.config.passwords.sql, 32, this);
        const password = generated("site");
        this.monitorPassword = isProxysql(plan) ? generated("monitor") : null;
        this.account = { database: "wordpress", user: "wordpress", password };
        this.hosts = specs.map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );

        const [first, ...others] = stayingFirst(this.hosts).map((host) => ({
            host,
            files: trust
                .hostCredentials(host.spec, "database")
                .apply((credentials) => renderRole(galera, { plan, host: host.spec, credentials })),
        }));
        if (first === undefined)
            throw new Error(`GaleraCluster "${name}": hosts needs at least one host`);
        // New members hold nothing that anybody could miss.
        const isNew = areNew(this.hosts);
        const pushes: pulumi.Resource[] = [];
        for (const { host, files } of [first, ...others]) {
            const before = isNew ? [] : pushes.slice(-1);
            const pushed = push(
                `${name}-${host.name}-push`,
                host,
                {
                    role: galera.name,
                    files,
                    units: namesIn(plan, galera.units),
                    stackKey: trust.stackKey,
                },
                { parent: this, dependsOn: [host.base, ...before] },
            );
            pushes.push(pushed);
        }
        const accounts = {
            database: this.account.database,
            user: this.account.user,
            password,
            hosts: clientPattern(plan.networks.private),
            ...(this.monitorPassword === null ? {} : { monitor_password: this.monitorPassword }),
        };
        this.open = script(
            `${name}-form`,
            first.host,
            {
                script: scripts.form,
                values: accounts,
                version: fileVersion(first.files, scripts.form),
                stackKey: trust.stackKey,
            },
            { parent: this, dependsOn: pushes },
        );
        let last: pulumi.Resource = this.open;
        // New ones too: two that copied at once came away with an incomplete transfer ("IST didn't contain all write sets").
        for (const { host, files } of others) {
            last = script(
                `${name}-${host.name}-join`,
                host,
                {
                    script: scripts.join,
                    version: fileVersion(files, scripts.join),
                    stackKey: trust.stackKey,
                },
                { parent: this, dependsOn: [last] },
            );
        }
        const formed = last;
        this.formed = formed;
        this.retirePasswords = (after) =>
            script(
                `${name}-retire`,
                first.host,
                {
                    script: scripts.retire,
                    values: accounts,
                    version: fileVersion(first.files, scripts.retire),
                    stackKey: trust.stackKey,
                },
                { parent: this, dependsOn: [formed, ...after] },
            );
        this.registerOutputs({});
    }
}

/** Where the site's account may come from, as MariaDB writes a network: `10.91.1.0/255.255.255.0`. */
export function clientPattern(network: string): string {
    const parsed = parseNetwork(network);
    return `${network.split("/")[0] ?? ""}/${parsed === undefined ? "" : netmask(parsed)}`;
}
