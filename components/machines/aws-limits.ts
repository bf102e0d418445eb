import { existsSync, readFileSync } from "node:fs";
import { instanceTypeOf } from "../cluster/aws";
import { publicAddressesOf } from "../cluster/cost";
import type { Plan } from "../cluster/plan";
import { quorumRoles } from "../cluster/quorum";
import { roleNames, type Fault } from "../cluster/types";
import type { Ec2Machine, Ec2Volume, Image } from "./aws-query";
import { groupRules, groupsOf, rulesPerGroup } from "./aws-rules";
import { flowsOf } from "../roles/all";
import { vendorPackagesOf } from "../roles/vendor-packages";

export function noRegion(): Fault {
    return {
        key: "aws:region",
        rule: "needs a region, such as eu-central-1",
        why: "everything is made in it",
        got: "nothing",
    };
}

export function unreachable(region: string, error: unknown): Fault {
    return {
        key: "aws:region",
        rule: "needs an account that answers there (credentials as for the aws command: AWS_PROFILE, or a role)",
        why: "every host is made by it",
        got: `${region}: ${said(error)}`,
    };
}

/** The account answers, but not to everything that has to be asked. */
export function notAllowed(region: string, error: unknown): Fault {
    return {
        key: "aws:region",
        rule: "needs an account that may ask what is there (docs/aws.md, What the deploying user may do)",
        why: "nothing is made before that is known",
        got: `${region}: ${said(error)}`,
    };
}

export function missingZones(plan: Plan, region: string, available: readonly string[]): Fault[] {
    const missing = plan.config.aws.zones.filter((zone) => !available.includes(zone));
    if (missing.length === 0) return [];
    return [
        {
            key: "testudo:aws.zones",
            rule: `needs zones that your account has in ${region}: ${listed(available)}`,
            why: "a subnet lies in one zone",
            got: missing.join(", "),
        },
    ];
}

/** One fault for each type, not for each host. */
export function missingTypes(plan: Plan, offered: ReadonlyMap<string, readonly string[]>): Fault[] {
    const wanted = new Map<string, Set<string>>();
    for (const host of plan.hosts) {
        const type = instanceTypeOf(plan.config, host);
        wanted.set(type, (wanted.get(type) ?? new Set()).add(host.failureDomain));
    }
    return [...wanted].flatMap(([type, zones]) => {
        const missing = [...zones].filter((zone) => !(offered.get(type) ?? []).includes(zone));
        if (missing.length === 0) return [];
        return [
            {
                key: "testudo:aws.instanceTypes",
                rule: `needs types that are offered where their hosts are (testudo:aws.zones); ${type} is offered in ${listed(offered.get(type) ?? [])}`,
                why: "EC2 would refuse the instance after the network was made",
                got: `${type} in ${missing.sort().join(", ")}`,
            },
        ];
    });
}

export function noImage(plan: Plan, region: string, error: unknown): Fault {
    const { ami, architecture } = plan.config.aws;
    return {
        key: "testudo:aws.ami",
        rule: `needs the id of an image that your account may use in ${region}`,
        why: "hosts start from it",
        got: `${ami ?? `Debian 13 for ${architecture}`}: ${said(error)}`,
    };
}

export function imageFaults(plan: Plan, image: Image): Fault[] {
    const { ami, architecture } = plan.config.aws;
    const wanted = architecture === "amd64" ? "x86_64" : architecture;
    if (image.architecture === wanted) return [];
    return [
        {
            key: "testudo:aws.ami",
            rule: `needs an image for ${wanted} (testudo:aws.architecture: ${architecture})`,
            why: "no instance type of the stack would boot it",
            got: `${ami ?? image.id} is for ${image.architecture}`,
        },
    ];
}

/** Of a region, for accounts that have not asked for more; what an account has is nothing that EC2 says. */
const usualAddresses = 5;

/** For a stack that is new: one that is up has its addresses. */
export function quotaWarnings(plan: Plan, isNew: boolean): string[] {
    const count = publicAddressesOf(plan);
    return !isNew || count <= usualAddresses
        ? []
        : [
              `${count} public addresses are needed, and an account has ${usualAddresses} in a region unless it has asked for more (Service Quotas, EC2-VPC Elastic IPs); testudo:aws.nat: single needs fewer`,
          ];
}

/** Debian's image has Debian's packages. */
export function vendorFaults(plan: Plan): Fault[] {
    if (plan.config.aws.ami !== undefined) return [];
    const wanted = plan.hosts.flatMap((host) => vendorPackagesOf(plan, host));
    const keys = new Map(wanted.map((one) => [one.key, one]));
    return [...keys.values()].map(({ key, vendor }) => ({
        key,
        rule: `needs testudo:aws.ami, an image that has ${[...new Set(wanted.filter((one) => one.key === key).map(({ name }) => name))].join(" and ")}`,
        why: `Debian does not carry ${vendor}, and hosts start from Debian's image`,
        got: "no testudo:aws.ami",
    }));
}

export function keyFaults({ config }: Plan): Fault[] {
    const { keyFile } = config.aws;
    if (keyFile === undefined) return [];
    const text = existsSync(keyFile) ? readFileSync(keyFile, "utf8").trim() : undefined;
    if (text !== undefined && /^(ssh-(ed25519|rsa)) [A-Za-z0-9+/=]+( .*)?$/.test(text)) return [];
    return [
        {
            key: "testudo:aws.keyFile",
            rule: "needs an OpenSSH public key of type ed25519 or RSA in one line",
            why: "EC2 keeps it for machines that never get as far as their user-data, and takes no other type",
            got:
                text === undefined
                    ? `${keyFile}, which does not exist`
                    : `${keyFile}: something else`,
        },
    ];
}

/** EC2 stops an instance to change its type, and `up` changes all at once. */
export function typeFaults(plan: Plan, living: ReadonlyMap<string, Ec2Machine>): Fault[] {
    return roleNames.flatMap((role) => {
        // Of several roles on a host the first one names its type.
        const hosts = plan.hosts.filter((host) => host.roles[0] === role);
        const changed = hosts.filter((host) => {
            const now = living.get(host.name)?.instanceType;
            return now !== undefined && now !== instanceTypeOf(plan.config, host);
        });
        const [first] = changed;
        if (first === undefined || changed.length === 1) return [];
        return [
            {
                key: "testudo:aws.instanceTypes",
                rule: `may change for one ${role} host at a time: testudo:hosts.${first.name}.instanceType first, and up`,
                why: `each is stopped for it, and ${quorumRoles.some((one) => one === role) ? "the rest would be a minority" : "nobody would do their work"}`,
                got: changed.map((host) => host.name).join(", "),
            },
        ];
    });
}

/** With another key EBS makes a disk anew. */
export function keyChangeFaults(plan: Plan, volumes: readonly Ec2Volume[]): Fault[] {
    const { kmsKeyArn } = plan.config.aws;
    if (kmsKeyArn === undefined) return [];
    const others = new Set(
        volumes
            .map((volume) => volume.kmsKeyArn)
            .filter((key) => key !== undefined && key !== kmsKeyArn),
    );
    const [other] = others;
    if (other === undefined) return [];
    return [
        {
            key: "testudo:aws.kmsKeyArn",
            rule: `needs to stay ${other}`,
            why: "a disk gets another key only by being made anew, and its data would go with it; a stack with another key is a new stack",
            got: kmsKeyArn,
        },
    ];
}

export function ruleFaults(plan: Plan): Fault[] {
    const rules = groupRules(plan, flowsOf(plan));
    return groupsOf(plan).flatMap((group) =>
        (["ingress", "egress"] as const).flatMap((direction) => {
            const count = rules.filter(
                (rule) => rule.group === group && rule.direction === direction,
            ).length;
            if (count <= rulesPerGroup) return [];
            return [
                {
                    key: "testudo:operators",
                    rule: `needs fewer networks: at most ${rulesPerGroup} ${direction} rules in the group of ${group}`,
                    why: "EC2 refuses more unless it was asked for a higher quota",
                    got: String(count),
                },
            ];
        }),
    );
}

function listed(zones: readonly string[]): string {
    return zones.length === 0 ? "none of the region" : zones.join(", ");
}

/** What a provider says, in one line, without the question repeated. */
function said(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const lines = text.split("\n").map((line) => line.replace(/^[\s*]+/, "").trim());
    return lines.filter((line) => line !== "").pop() ?? "";
}
