import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { SystemUser } from "../roles/role";
import { digest, digestLines, fileFingerprint, pushBundle, valueBundle } from "./bundle";
import type { Host } from "./host";
import type { RenderedFile } from "./render";

/** What a step hangs on in the resource tree. */
export interface StepOptions {
    readonly parent: pulumi.Resource;
    readonly dependsOn?: pulumi.Input<pulumi.Resource>[];
}

export interface PushArgs {
    readonly role: string;
    readonly files: pulumi.Input<RenderedFile[]>;
    readonly units: readonly string[];
    readonly packages?: readonly string[];
    readonly users?: readonly SystemUser[];
    /** Key of the digests that `pulumi preview --diff` shows. */
    readonly stackKey: pulumi.Input<string>;
}

export interface ScriptArgs {
    /** Absolute path on the host; a push has put it there. */
    readonly script: string;
    /** Given to the script as files in `$1/values/`; secret. */
    readonly values?: Readonly<Record<string, pulumi.Input<string>>>;
    /** A change of this text runs the step again. */
    readonly version?: pulumi.Input<string>;
    readonly stackKey: pulumi.Input<string>;
}

const unpack = `set -eu
umask 077
mkdir -p /run/testudo
bundle=$(mktemp -d /run/testudo/bundle.XXXXXX)
base64 -d | tar -xz -C "$bundle"`;

/** Limits in seconds, beyond those of the units: a database that copies all its data may take hours. */
const limits = { push: 20_000, script: 20_000 };

/**
 * Waits until a new machine answers. The one patient step: 60 attempts last about 260 s
 * (back-off 0.1 s × 1.5ⁿ, at most 5 s); everything else depends on it.
 */
export function ready(name: string, host: Host, options: StepOptions): command.remote.Command {
    return remote(name, host, options, { text: "# ready\ntrue", attempts: 60 });
}

/** Applies a role's files, packages, users and units on a host; rolls back when a check or a start fails. */
export function push(
    name: string,
    host: Host,
    args: PushArgs,
    options: StepOptions,
): command.remote.Command {
    const all = pulumi.all([args.files, args.stackKey]);
    const digests = pulumi.unsecret(all.apply(([files, key]) => digestLines(key, files)));
    const bundle = all.apply(([files]) => pushBundle({ ...args, files, roles: host.spec.roles }));
    return remote(name, host, options, {
        text: pulumi.interpolate`# push ${args.role} to ${host.name}\n${digests}\n${unpack}\n${supervised(limits.push)} "$bundle/engine/apply" "$bundle"`,
        stdin: bundle,
    });
}

/** Runs a script that a push has put on the host, with values that nobody else may read. */
export function script(
    name: string,
    host: Host,
    args: ScriptArgs,
    options: StepOptions,
): command.remote.Command {
    const values = pulumi.all([pulumi.output(args.values ?? {}), args.stackKey]);
    const digests = pulumi.unsecret(
        values.apply(([all, key]) =>
            Object.entries(all)
                .map(([value, content]) => `# ${value} ${digest(key, content)}`)
                .join("\n"),
        ),
    );
    const bundle = values.apply(([all]) => valueBundle(all));
    return remote(name, host, options, {
        text: pulumi.interpolate`# ${args.script} on ${host.name} ${args.version ?? ""}\n${digests}\n${unpack}\n${supervised(limits.script)} "$bundle/engine/run" "$bundle" ${args.script}`,
        stdin: bundle,
    });
}

/**
 * Runs a short command over a connection of its own.
 * @param version A change of this text runs the command again.
 */
export function probe(
    name: string,
    host: Host,
    text: string,
    version: pulumi.Input<string>,
    options: StepOptions,
): command.remote.Command {
    return remote(name, host, options, { text: pulumi.interpolate`# ${version}\n${text}` });
}

/** What a script's step is run again for: a change of the script itself. */
export function fileVersion(
    files: pulumi.Output<RenderedFile[]>,
    path: string,
): pulumi.Output<string> {
    return pulumi.unsecret(files.apply((all) => fileFingerprint(all, path)));
}

/** Outlives a broken connection, ends at its limit, and gives its exit status to the caller. */
function supervised(seconds: number): string {
    return `exec systemd-run --quiet --wait --collect --pipe --property=RuntimeMaxSec=${seconds} /bin/bash`;
}

interface RemoteText {
    readonly text: pulumi.Input<string>;
    readonly stdin?: pulumi.Output<string>;
    readonly attempts?: number;
}

function remote(
    name: string,
    host: Host,
    options: StepOptions,
    what: RemoteText,
): command.remote.Command {
    return new command.remote.Command(
        name,
        {
            connection: host.connection.apply((connection) => ({
                ...connection,
                dialErrorLimit: what.attempts ?? 20,
            })),
            create: what.text,
            ...(what.stdin === undefined ? {} : { stdin: pulumi.secret(what.stdin) }),
            triggers: [host.machineId],
            addPreviousOutputInEnv: false,
            logging: "none",
        },
        {
            parent: options.parent,
            dependsOn: [host.machine, ...(options.dependsOn ?? [])],
            deletedWith: host.machine,
            // Steps print no secret; should one ever quote a line that holds one, state keeps it encrypted.
            additionalSecretOutputs: ["stdout", "stderr"],
        },
    );
}
