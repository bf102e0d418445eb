import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { netmask, parseNetwork } from "../cluster/addresses";
import type { BorderRule } from "../cluster/flows";
import type { Plan } from "../cluster/plan";
import { quorumOf } from "../cluster/quorum";
import type { HostSpec } from "../cluster/types";
import { connectionTo } from "../host/connection";
import type { Host } from "../host/host";
import type { Trust } from "../trust";
import { borderRuleset } from "./incus-border";
import { bridgeName, hardwareAddress, projectName } from "./incus-names";
import type { IncusFacts } from "./incus-preflight";
import type { Machines } from "./machines";

/**
 * Makes hosts on an Incus server: a project and three bridges of its own, a volume for each host with
 * data, an instance for each host. A machine's identity is a nonce kept on the instance: an instance
 * that vanished has none, gets a new one, and is made again together with all that is pushed to it. Project,
 * bridges and volumes have one as well; theirs replaces nothing, it makes the same command run again.
 */
export class IncusMachines extends pulumi.ComponentResource implements Machines {
    private readonly project: command.local.Command;
    private readonly network: command.local.Command;
    /** Balancers, through which every other host is reached: as long as they are not up, all wait. */
    private readonly entrances: pulumi.Resource[] = [];
    /** Members join one after another, with pauses: the others, who share the processors, are made meanwhile. */
    private readonly databases: pulumi.Resource[] = [];
    private readonly base: {
        readonly remote: string;
        readonly project: string;
        readonly pool: string;
    };

    constructor(
        private readonly name: string,
        private readonly plan: Plan,
        private readonly trust: Trust,
        private readonly facts: IncusFacts,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("testudo:index:IncusMachines", name, {}, opts);
        const { incus } = plan.config;
        this.base = {
            remote: incus.remote,
            project: projectName(plan.stack),
            pool: incus.storagePool,
        };
        const projectRequest = { ...this.base, nonce: facts.projectId };
        this.project = this.run(`${name}-project`, "project", projectRequest, { parent: this });
        this.network = this.run(
            `${name}-network`,
            "network",
            {
                ...this.base,
                nonce: facts.networkId,
                stack: plan.stack,
                supernet: plan.networks.supernet,
                bridges: (["public", "private", "outside"] as const).map((zone) => ({
                    bridge: bridgeName(plan.stack, zone),
                    address: `${plan.gateways[zone]}/${plan.networks[zone].split("/")[1] ?? ""}`,
                })),
            },
            { parent: this, dependsOn: [this.project] },
        );
        this.registerOutputs({});
    }

    host(spec: HostSpec, { parent }: { readonly parent: pulumi.Resource }): Host {
        const nonce = this.facts.machineId(spec.name);
        const hostKey = this.trust.hostKey(spec.name);
        const volume = this.volume(spec, parent);
        const isDatabase = spec.roles.includes("database");
        const before = [...this.entrances, ...(isDatabase ? [] : this.databases)];
        const machine = this.run(
            `${this.name}-${spec.name}`,
            "host",
            pulumi
                .all([hostKey.privateKeyOpenssh, this.trust.clientKey.publicKeyOpenssh])
                .apply(([key, operator]) => this.hostRequest(spec, nonce, key, operator)),
            {
                parent,
                dependsOn: [
                    this.network,
                    ...(volume === undefined ? [] : [volume]),
                    ...(spec.zone === "private" ? before : []),
                ],
                deleteBeforeReplace: true,
            },
            [nonce],
        );
        if (spec.zone === "public") this.entrances.push(machine);
        if (isDatabase) this.databases.push(machine);
        return {
            spec,
            name: spec.name,
            machineId: nonce,
            isLiving: this.facts.isLiving(spec.name),
            privateAddress: spec.address,
            connection: connectionTo(spec, this.plan, this.trust, hostKey, "root"),
            machine,
        };
    }

    border(
        name: string,
        rules: readonly BorderRule[],
        { parent }: { readonly parent: pulumi.Resource },
    ): pulumi.Resource {
        const nonce = this.facts.borderId;
        const request = {
            ...this.base,
            table: `testudo-${this.plan.stack}`,
            supernet: this.plan.networks.supernet,
            ruleset: borderRuleset(this.plan, rules, nonce),
        };
        const options = { parent, dependsOn: [this.network], deleteBeforeReplace: true };
        return this.run(name, "border", request, options, [nonce]);
    }

    private volume(spec: HostSpec, parent: pulumi.Resource): command.local.Command | undefined {
        if (spec.data === undefined) return undefined;
        return this.run(
            `${this.name}-${spec.name}-data`,
            "volume",
            {
                ...this.base,
                nonce: this.facts.volumeId(spec.name),
                volume: `${spec.name}-data`,
                sizeGiB: spec.data.sizeGiB,
            },
            { parent, dependsOn: [this.project] },
        );
    }

    private hostRequest(
        spec: HostSpec,
        nonce: string,
        hostKey: string,
        operatorKey: string,
    ): object {
        const network = parseNetwork(this.plan.networks[spec.zone]);
        const { incus } = this.plan.config;
        return {
            ...this.base,
            host: spec.name,
            nonce,
            image: this.facts.imageOf(spec.name),
            bridge: bridgeName(this.plan.stack, spec.zone),
            hardwareAddress: hardwareAddress(this.plan.stack, spec.name),
            address: spec.address,
            netmask: network === undefined ? "" : netmask(network),
            gateway: this.plan.gateways[spec.zone],
            memoryMiB: spec.memoryMiB,
            diskGiB: spec.diskGiB,
            data:
                spec.data === undefined
                    ? null
                    : { volume: `${spec.name}-data`, path: spec.data.path },
            privileges: spec.privileges ?? [],
            quorum: quorumOf(spec),
            expose: exposedPort(spec, incus.exposePort),
            hostKey,
            authorizedKey: operatorKey.trim(),
        };
    }

    /** One script per thing, `create`, `update` and `delete` in it; what it works on comes as JSON on standard input. */
    private run(
        name: string,
        script: string,
        request: pulumi.Input<object>,
        opts: pulumi.CustomResourceOptions,
        triggers: string[] = [],
    ): command.local.Command {
        const path = `components/machines/incus/${script}`;
        return new command.local.Command(
            name,
            {
                create: `${path} create`,
                update: `${path} update`,
                delete: `${path} delete`,
                stdin: pulumi.output(request).apply((value: object) => JSON.stringify(value)),
                triggers,
                addPreviousOutputInEnv: false,
                logging: "none",
            },
            opts,
        );
    }
}

/** The first balancer takes the configured loopback port of the machine, the second the next one. */
function exposedPort(spec: HostSpec, port: number | undefined): number | null {
    if (port === undefined || !spec.roles.includes("load-balancer")) return null;
    return port + Number(/\d+$/.exec(spec.name)?.[0] ?? 1) - 1;
}
