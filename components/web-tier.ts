import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import type { GaleraCluster } from "./galera-cluster";
import { bringUp, type BroughtUp } from "./host/bring-up";
import { renderRole } from "./host/render";
import { fileVersion, push, script } from "./host/steps";
import { scripts, web, type WebFacts } from "./roles/web-tier";

export interface WebTierArgs {
    readonly foundation: Foundation;
    /** @default the plan's web hosts */
    readonly hosts?: readonly HostSpec[];
    /** Where the site keeps its data. */
    readonly database: GaleraCluster;
    /** What must be in place before the hosts can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/**
 * Web hosts with nginx, php-fpm and WordPress, each with the site's code on its own disk and a loopback
 * proxy that knows the database's writer. Survives the loss of all but one. Changed one after the other.
 */
export class WebTier extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** The last step: the site is installed. */
    readonly installed: pulumi.Resource;
    readonly adminPassword: pulumi.Output<string>;

    constructor(name: string, args: WebTierArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:WebTier", name, {}, opts);
        const { foundation, database } = args;
        const { plan, trust } = foundation;
        const specs = args.hosts ?? hostsOf(plan, "web");
        const salts = new random.RandomPassword(
            `${name}-salts`,
            { length: 64, special: false },
            { parent: this },
        ).result;
        this.adminPassword = new random.RandomPassword(
            `${name}-admin-password`,
            { length: 24, special: false },
            { parent: this },
        ).result;
        this.hosts = specs.map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );

        const mailPassword =
            plan.config.mailPassword === undefined ? null : pulumi.secret(plan.config.mailPassword);
        const members = this.hosts.map((host) => ({
            host,
            files: pulumi
                .all([
                    trust.hostCredentials(host.spec, "web"),
                    database.account.password,
                    salts,
                    mailPassword,
                ])
                .apply(([credentials, databasePassword, salt, relayPassword]) => {
                    const facts: WebFacts = {
                        plan,
                        host: host.spec,
                        credentials,
                        databasePassword,
                        salts: salt,
                        mailPassword: relayPassword,
                    };
                    return renderRole(web, facts);
                }),
        }));
        const pushes: pulumi.Resource[] = [];
        for (const { host, files } of members) {
            pushes.push(
                push(
                    `${name}-${host.name}-push`,
                    host,
                    { role: web.name, files, units: web.units, stackKey: trust.stackKey },
                    { parent: this, dependsOn: [host.base, ...pushes.slice(-1)] },
                ),
            );
        }
        const [first] = members;
        if (first === undefined)
            throw new Error(`WebTier "${name}": hosts needs at least one host`);
        const { site } = plan.config;
        this.installed = script(
            `${name}-form`,
            first.host,
            {
                script: scripts.install,
                values: {
                    title: site.title,
                    admin_user: site.adminUser,
                    admin_email: site.adminEmail,
                    admin_password: this.adminPassword,
                },
                version: fileVersion(first.files, scripts.install),
                stackKey: trust.stackKey,
            },
            { parent: this, dependsOn: [...pushes, database.formed] },
        );
        this.registerOutputs({});
    }
}
