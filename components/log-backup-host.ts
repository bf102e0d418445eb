import * as pulumi from "@pulumi/pulumi";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { bringUp, type BroughtUp } from "./host/bring-up";

export interface LogBackupHostArgs {
    readonly foundation: Foundation;
    /** @default the plan's ops hosts */
    readonly hosts?: readonly HostSpec[];
    /** What must be in place before the host can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/** The host for logs and backups. It has its base and its firewall, and no role yet. Its loss costs visitors nothing. */
export class LogBackupHost extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];

    constructor(name: string, args: LogBackupHostArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:LogBackupHost", name, {}, opts);
        const { foundation } = args;
        this.hosts = (args.hosts ?? hostsOf(foundation.plan, "ops")).map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );
        this.registerOutputs({});
    }
}
