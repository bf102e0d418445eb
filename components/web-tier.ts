import * as pulumi from "@pulumi/pulumi";
import type { HostSpec, RoleName } from "./cluster/types";
import type { Foundation } from "./foundation";
import type { GaleraCluster } from "./galera-cluster";
import type { LoadBalancerPair } from "./load-balancer-pair";
import { areNew, bringUp, type BroughtUp } from "./host/bring-up";
import { renderRole, type RenderedFile } from "./host/render";
import type { SiteArchive } from "./host/site-archive";
import { fileVersion, push, script } from "./host/steps";
import { generatedPassword } from "./passwords";
import { app, scripts } from "./roles/app-tier";
import { namesIn } from "./roles/role";
import { web } from "./roles/web-tier";
import { releaseSites } from "./site-releases";

/** Redis, as PHP needs to know it: the passwords of its users. */
export interface SiteCache {
    readonly passwords: {
        readonly sessions: pulumi.Output<string>;
        readonly objects: pulumi.Output<string>;
    };
    /** The last step: the masters are elected. */
    readonly formed: pulumi.Resource;
}

/** A role's files on one host. */
interface Member {
    readonly host: BroughtUp;
    readonly files: pulumi.Output<RenderedFile[]>;
}

export interface WebTierArgs {
    readonly foundation: Foundation;
    /** @default the plan's web and app hosts */
    readonly hosts?: readonly HostSpec[];
    /** Where the site keeps its data. */
    readonly database: GaleraCluster;
    /** Where PHP keeps sessions and WordPress its objects. @default each PHP host for itself, and nowhere */
    readonly cache?: SiteCache;
    /** Where visitors' files lie; the site waits for it, hosts mount it by themselves. @default on the hosts that took them */
    readonly storage?: { readonly formed: pulumi.Resource };
    /** The way to both. @default PHP's hosts find it by themselves */
    readonly inner?: LoadBalancerPair;
    /** Code of sites that are no WordPress. @default none */
    readonly archives?: readonly SiteArchive[];
    /** What must be in place before the hosts can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/**
 * The site: web hosts with nginx, its files and kept pages, and app hosts that run its PHP with a loopback proxy to its
 * data; the same hosts where the plan has merged them. Survives the loss of all but one of each. Living hosts are changed one
 * after the other, PHP first: a release that nginx names is there on every host.
 */
export class WebTier extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    readonly adminPassword: pulumi.Output<string>;
    /** After these, whatever runs PHP works with what it was given last. */
    readonly pushes: readonly pulumi.Resource[];

    constructor(name: string, args: WebTierArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:WebTier", name, {}, opts);
        const { foundation, database, cache, inner } = args;
        const { plan, trust } = foundation;
        const specs =
            args.hosts ?? plan.hosts.filter((host) => has(host, "web") || has(host, "app"));
        const generations = plan.config.passwords;
        const salts = generatedPassword(`${name}-salts`, generations.keys, 64, this);
        this.adminPassword = generatedPassword(
            `${name}-admin-password`,
            generations.admin,
            24,
            this,
        );
        this.hosts = specs.map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );

        const mailPassword =
            plan.config.mailPassword === undefined ? null : pulumi.secret(plan.config.mailPassword);
        const apps = this.members("app", (spec) =>
            pulumi
                .all([
                    trust.hostCredentials(spec, "app"),
                    database.account.password,
                    salts,
                    mailPassword,
                    cache === undefined ? null : passwordsOf(cache),
                    database.monitorPassword,
                ])
                .apply(
                    ([
                        credentials,
                        databasePassword,
                        salt,
                        relayPassword,
                        cachePasswords,
                        monitorPassword,
                    ]) =>
                        renderRole(app, {
                            plan,
                            host: spec,
                            credentials,
                            databasePassword,
                            salts: salt,
                            mailPassword: relayPassword,
                            cachePasswords,
                            monitorPassword,
                        }),
                ),
        );
        const webs = this.members("web", (spec) =>
            trust
                .hostCredentials(spec, "web")
                .apply((credentials) => renderRole(web, { plan, host: spec, credentials })),
        );
        const pushes: pulumi.Resource[] = [];
        const bases = this.hosts.map(({ base }) => base);
        // PHP at work gets a new password when it is accepted. New hosts wait for the first member alone: its tables
        // have the processors to themselves, and the others' copies, which wait more than they work, go beside this.
        const isNew = areNew(this.hosts);
        const accepted = isNew
            ? [database.open]
            : [database.formed, ...(cache === undefined ? [] : [cache.formed])];
        const pushTo = (members: Member[], role: typeof app | typeof web, step: string) => {
            const before = [...pushes];
            for (const { host, files } of members)
                pushes.push(
                    push(
                        `${name}-${host.name}-${step}`,
                        host,
                        {
                            role: role.name,
                            files,
                            units: namesIn(plan, role.units),
                            stackKey: trust.stackKey,
                        },
                        {
                            parent: this,
                            // All firewalls first: a new host asks the others for the current release.
                            dependsOn: [
                                ...bases,
                                ...accepted,
                                // Where nobody is served yet, hosts of a kind go side by side.
                                ...(isNew ? before : pushes.slice(-1)),
                            ],
                        },
                    ),
                );
        };
        pushTo(apps, app, "app-push");
        pushTo(webs, web, "push");
        this.pushes = pushes;

        const first = apps.find(({ host }) => host.spec.leaving !== true) ?? apps[0];
        if (first === undefined)
            throw new Error(`WebTier "${name}": hosts needs at least one host with the role app`);
        const { site } = plan.config;
        const ready = [
            ...pushes,
            // Not all members: those that still copy find the site in what they copy.
            database.open,
            ...(cache === undefined ? [] : [cache.formed]),
            ...(args.storage === undefined ? [] : [args.storage.formed]),
            ...(inner?.pushes ?? []),
        ];
        if (site.application === "wordpress") {
            script(
                `${name}-form`,
                first.host,
                {
                    script: scripts.install,
                    values: {
                        title: site.title,
                        admin_user: site.adminUser,
                        admin_email: site.adminEmail,
                        admin_password: this.adminPassword,
                        admin_generation: String(generations.admin),
                    },
                    version: fileVersion(first.files, scripts.install),
                    stackKey: trust.stackKey,
                },
                { parent: this, dependsOn: ready },
            );
        }
        releaseSites(
            name,
            {
                archives: args.archives ?? [],
                hosts: this.hosts,
                stackKey: trust.stackKey,
                after: ready,
            },
            this,
        );
        this.registerOutputs({});
    }

    private members(
        role: RoleName,
        files: (spec: HostSpec) => pulumi.Output<RenderedFile[]>,
    ): Member[] {
        return this.hosts
            .filter((host) => has(host.spec, role))
            .map((host) => ({ host, files: files(host.spec) }));
    }
}

function passwordsOf({
    passwords,
}: SiteCache): pulumi.Output<{ sessions: string; objects: string }> {
    return pulumi
        .all([passwords.sessions, passwords.objects])
        .apply(([sessions, objects]) => ({ sessions, objects }));
}

function has(host: HostSpec, role: RoleName): boolean {
    return host.roles.includes(role);
}
