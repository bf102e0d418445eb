import * as pulumi from "@pulumi/pulumi";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { bringUp, stayingFirst, type BroughtUp } from "./host/bring-up";
import { renderRole } from "./host/render";
import { fileVersion, push, script } from "./host/steps";
import { generatedPassword } from "./passwords";
import { redis, scripts, type RedisPasswords } from "./roles/redis-sentinel";

export interface RedisSentinelArgs {
    readonly foundation: Foundation;
    /** @default the plan's cache hosts */
    readonly hosts?: readonly HostSpec[];
    /** What must be in place before the hosts can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/**
 * Redis for PHP's sessions and for WordPress' object cache, apart from each other, each one master with
 * replicas that Sentinels watch over. Survives the loss of a minority of the hosts without losing a
 * write that a replica has. Hosts are changed one at a time, a master handing over first;
 * formed once, by `form`, and only if every member answers that it never had data.
 */
export class RedisSentinel extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** The last step: all members are in. */
    readonly formed: pulumi.Resource;
    /** Of the accounts of the same names, for the hosts where PHP runs. */
    readonly passwords: Readonly<Record<"sessions" | "objects", pulumi.Output<string>>>;
    /** Makes passwords of before be refused; `after` is everything that could still use them. */
    readonly retirePasswords: (after: readonly pulumi.Resource[]) => void;

    constructor(name: string, args: RedisSentinelArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:RedisSentinel", name, {}, opts);
        const { foundation } = args;
        const { plan, trust } = foundation;
        const specs = args.hosts ?? hostsOf(plan, "cache");
        const passwords = this.accounts(name, plan.config.passwords.redis);
        this.passwords = { sessions: passwords.sessions, objects: passwords.objects };
        this.hosts = specs.map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );

        const members = stayingFirst(this.hosts).map((host) => ({
            host,
            files: pulumi
                .all([trust.hostCredentials(host.spec, "cache"), pulumi.output(passwords)])
                .apply(([credentials, known]) =>
                    renderRole(redis, { plan, host: host.spec, credentials, passwords: known }),
                ),
        }));
        let last: pulumi.Resource | undefined;
        const next = (after: pulumi.Resource[] = []) => ({
            parent: this,
            dependsOn: [...after, ...(last === undefined ? [] : [last])],
        });
        // A host that is made anew knows the present passwords alone: last, when the others accept them.
        const inTurn = [
            ...members.filter(({ host }) => host.isLiving),
            ...members.filter(({ host }) => !host.isLiving),
        ];
        for (const { host, files } of inTurn) {
            last = push(
                `${name}-${host.name}-push`,
                host,
                { role: redis.name, files, units: redis.units, stackKey: trust.stackKey },
                next([host.base]),
            );
        }
        // By now every member accepts them, so each may begin to use them.
        const { replication, sentinel, gate, operator } = passwords;
        const used = { replication, sentinel, gate, operator };
        for (const [index, { host, files }] of members.entries()) {
            const step = index === 0 ? scripts.form : scripts.join;
            last = script(
                index === 0 ? `${name}-form` : `${name}-${host.name}-join`,
                host,
                {
                    script: step,
                    values: used,
                    version: fileVersion(files, step),
                    stackKey: trust.stackKey,
                },
                next(),
            );
        }
        if (last === undefined)
            throw new Error(`RedisSentinel "${name}": hosts needs at least one host`);
        const formed = last;
        this.formed = formed;
        this.retirePasswords = (after) => {
            for (const { host, files } of members)
                script(
                    `${name}-${host.name}-retire`,
                    host,
                    {
                        script: scripts.retire,
                        values: passwords,
                        version: fileVersion(files, scripts.retire),
                        stackKey: trust.stackKey,
                    },
                    { parent: this, dependsOn: [formed, ...after] },
                );
        };
        this.registerOutputs({});
    }

    private accounts(
        name: string,
        generation: number,
    ): Record<keyof RedisPasswords, pulumi.Output<string>> {
        const password = (account: string) =>
            generatedPassword(`${name}-${account}-password`, generation, 32, this);
        return {
            sessions: password("sessions"),
            objects: password("objects"),
            replication: password("replication"),
            sentinel: password("sentinel"),
            gate: password("gate"),
            operator: password("operator"),
        };
    }
}
