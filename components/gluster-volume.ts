import * as pulumi from "@pulumi/pulumi";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { bringUp, stayingFirst, type BroughtUp } from "./host/bring-up";
import { renderRole, type RenderedFile } from "./host/render";
import { fileVersion, push, script } from "./host/steps";
import { clusterFile, gluster, scripts } from "./roles/gluster-volume";

export interface GlusterVolumeArgs {
    readonly foundation: Foundation;
    /** @default the plan's storage hosts */
    readonly hosts?: readonly HostSpec[];
    /** What must be in place before the hosts can be reached: the bastion. */
    readonly after: readonly pulumi.Resource[];
}

/** A host with its files. */
interface Member {
    readonly host: BroughtUp;
    readonly files: pulumi.Output<RenderedFile[]>;
}

/**
 * One GlusterFS volume for what visitors upload, a whole copy of it on each host, on a disk that outlives the machine.
 * Survives the loss of a minority of the hosts: clients stall for the ping timeout, and what the host missed is
 * healed when it is back. Hosts are changed one at a time; formed once, by `form`, and only if every member
 * answers that it never had a volume.
 */
export class GlusterVolume extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** The last step: all members have every file. */
    readonly formed: pulumi.Resource;

    constructor(name: string, args: GlusterVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:GlusterVolume", name, {}, opts);
        const { foundation } = args;
        const { plan, trust } = foundation;
        this.hosts = (args.hosts ?? hostsOf(plan, "storage")).map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...args.after] }),
        );
        const members = stayingFirst(this.hosts).map((host) => ({
            host,
            files: trust
                .hostCredentials(host.spec, "storage")
                .apply((credentials) =>
                    renderRole(gluster, { plan, host: host.spec, credentials }),
                ),
        }));
        let last: pulumi.Resource | undefined;
        const next = (after: pulumi.Resource[] = []) => ({
            parent: this,
            dependsOn: [...after, ...(last === undefined ? [] : [last])],
        });
        for (const { host, files } of members) {
            last = push(
                `${name}-${host.name}-push`,
                host,
                { role: gluster.name, files, units: gluster.units, stackKey: trust.stackKey },
                next([host.base]),
            );
        }
        for (const [index, member] of members.entries()) {
            const step = index === 0 ? scripts.form : scripts.join;
            last = script(
                index === 0 ? `${name}-form` : `${name}-${member.host.name}-join`,
                member.host,
                { script: step, version: this.version(member, step), stackKey: trust.stackKey },
                next(),
            );
        }
        if (last === undefined)
            throw new Error(`GlusterVolume "${name}": hosts needs at least one host`);
        this.formed = last;
        this.registerOutputs({});
    }

    /** The first member takes in whoever is new, also a machine that was made anew. */
    private version({ files }: Member, step: string): pulumi.Output<string> {
        const ids = pulumi.all(this.hosts.map((host) => pulumi.output(host.machineId)));
        return step === scripts.form
            ? pulumi.interpolate`${fileVersion(files, step)} ${fileVersion(files, clusterFile)} ${ids.apply((all) => all.join(" "))}`
            : fileVersion(files, step);
    }
}
