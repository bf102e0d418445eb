import type { RecordOptions } from "./record";

interface FakeMachine {
    readonly type?: string;
    readonly state?: string;
    readonly address?: string;
    readonly tags?: Readonly<Record<string, string>>;
}

/** An account that answers what preflight asks, in the shape of the provider's functions. */
export class FakeEc2 {
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
    architecture = "arm64";
    /** Types by the zones that have them; others are offered everywhere. */
    readonly offered = new Map<string, readonly string[]>();
    readonly members = new Map<string, string>();
    readonly volumes = new Map<string, number>();
    /** By which all volumes are encrypted. */
    volumeKey = "arn:aws:kms:eu-central-1:123456789012:key/ebs";
    readonly asked: string[] = [];
    private readonly machines = new Map<string, FakeMachine>();
    private readonly refused = new Set<string>();

    machine(host: string, machine: FakeMachine): this {
        this.machines.set(host, machine);
        return this;
    }

    /** From now on this question fails. */
    refuse(question: string): this {
        this.refused.add(question);
        return this;
    }

    readonly answer: NonNullable<RecordOptions["answer"]> = (token, inputs) => {
        const question = token.split("/").at(-1)?.split(":").at(-1) ?? token;
        this.asked.push(question);
        // As gRPC brings it.
        if (this.refused.has(question))
            throw Object.assign(new Error(), { details: `asking:\n\t* no ${question} here\n\n` });
        return this.answers(question, inputs);
    };

    private answers(question: string, inputs: Record<string, unknown>): Record<string, unknown> {
        switch (question) {
            case "getAvailabilityZones":
                return { names: this.zones };
            case "getInstanceTypeOfferings":
                return this.offerings(inputs);
            case "getAmi":
                return { id: "ami-0123456789abcdef0", architecture: this.architecture };
            case "getInstances":
                return { ids: [...this.machines.keys()] };
            case "getInstance":
                return this.described(String(inputs.instanceId));
            case "getEbsVolumes":
                return { ids: [...this.volumes.keys()] };
            case "getVolume": {
                const [filter] = inputs.filters as { values: string[] }[];
                const host = filter?.values[0] ?? "";
                return {
                    size: this.volumes.get(host),
                    kmsKeyId: this.volumeKey,
                    tags: { "testudo:host": host },
                };
            }
            case "getParametersByPath":
                return {
                    names: [...this.members.keys()].map((host) => `/testudo/test/members/${host}`),
                    values: [...this.members.values()],
                };
            default:
                return {};
        }
    }

    private described(host: string): Record<string, unknown> {
        const { type, state, address, tags } = this.machines.get(host) ?? {};
        return {
            ami: "ami-old",
            instanceType: type ?? "t4g.medium",
            instanceState: state ?? "running",
            privateIp: address ?? "",
            tags: { "testudo:host": host, "testudo:nonce": `nonce-${host}`, ...tags },
        };
    }

    private offerings(inputs: Record<string, unknown>): Record<string, unknown> {
        const [filter] = inputs.filters as { values: string[] }[];
        const values = filter?.values ?? [];
        const pairs = values.flatMap((type) =>
            (this.offered.get(type) ?? this.zones).map((zone) => [type, zone]),
        );
        return {
            instanceTypes: pairs.map(([type]) => type),
            locations: pairs.map(([, zone]) => zone),
        };
    }
}
