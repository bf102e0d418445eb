import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { connectionTo } from "../host/connection";
import type { Host } from "../host/host";
import type { Trust } from "../trust";
import type { Machines } from "./machines";
import type { SshFacts } from "./ssh-preflight";
import { adoptRequest } from "./ssh-request";

/**
 * Takes machines that exist already: the operator's key, a place for data, and an identity that is a nonce in
 * /etc/testudo. A machine that was installed anew has none and gets all that is pushed once more. Giving one
 * back removes what was configured. There is no border but the hosts' own firewalls.
 */
export class SshMachines extends pulumi.ComponentResource implements Machines {
    constructor(
        private readonly name: string,
        private readonly plan: Plan,
        private readonly trust: Trust,
        private readonly facts: SshFacts,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("testudo:index:SshMachines", name, {}, opts);
        this.registerOutputs({});
    }

    host(spec: HostSpec, { parent }: { readonly parent: pulumi.Resource }): Host {
        const nonce = this.facts.machineId(spec.name);
        const hostKey = this.plan.config.ssh.hosts[spec.name]?.hostKey ?? "";
        const machine = this.adopt(spec, nonce, parent);
        return {
            spec,
            name: spec.name,
            machineId: nonce,
            isLiving: this.facts.isLiving(spec.name),
            privateAddress: spec.address,
            connection: connectionTo(
                spec,
                this.plan,
                this.trust,
                { publicKeyOpenssh: pulumi.output(hostKey) },
                "root",
            ),
            machine,
        };
    }

    border(): pulumi.Resource {
        return this;
    }

    /** One resource a machine; its delete gives the machine back. */
    private adopt(spec: HostSpec, nonce: string, parent: pulumi.Resource): command.local.Command {
        const script = "components/machines/ssh/adopt";
        return new command.local.Command(
            `${this.name}-${spec.name}`,
            {
                create: `${script} create`,
                update: `${script} update`,
                delete: `${script} delete`,
                // A key may be in it, and what is in a state file is read by more than this machine.
                stdin: pulumi.secret(
                    this.trust.clientKey.publicKeyOpenssh.apply((key) =>
                        JSON.stringify(adoptRequest(this.plan, spec, nonce, key)),
                    ),
                ),
                triggers: [nonce],
                addPreviousOutputInEnv: false,
                logging: "none",
            },
            { parent, deleteBeforeReplace: true },
        );
    }
}
