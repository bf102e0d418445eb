import type { Plan } from "../../components/cluster/plan";
import { DmzFirewall } from "../../components/dmz-firewall";
import { AwsMachines } from "../../components/machines/aws";
import type { AwsFacts } from "../../components/machines/aws-preflight";
import { flowsOf } from "../../components/roles/all";
import { Trust } from "../../components/trust";
import { onAws, planOf, type Values } from "./plans";
import { record, remembered, type Recording } from "./record";

// The provider is not asked: what it would refuse passes.

/** Hosts that have a machine which shall stay. */
export const living = new Set<string>();
const facts: AwsFacts = {
    region: "eu-central-1",
    faults: [],
    warnings: [],
    machineId: (host) => `nonce-${host}`,
    stays: (host) => living.has(host),
    imageOf: () => "ami-1",
};

/** The maker with all hosts of the plan under it; no tier is there. */
export const maker = remembered(async (values: Values): Promise<Recording> => {
    const plan: Plan = planOf({ ...onAws, ...values });
    return record(() => {
        const trust = new Trust("trust");
        const machines = new AwsMachines("aws", plan, trust, facts);
        new DmzFirewall("dmz", { plan, flows: flowsOf(plan), machines });
        for (const host of plan.hosts) machines.host(host, { parent: machines });
    });
});

/** How many there are of each type of EC2. */
export function counts(made: Recording): Record<string, number> {
    const types = made.all
        .filter(({ type }) => type.startsWith("aws:"))
        .map(({ type }) => type.split(":").at(-1) ?? "");
    return Object.fromEntries(
        [...new Set(types)]
            .sort()
            .map((type) => [type, types.filter((one) => one === type).length]),
    );
}
