import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { membersPath, tagKeys } from "./aws-tags";
import type { markMachine } from "./incus-marks";

const run = promisify(execFile);

/** Notes on instances, as their tags, what the next `up` shall know of them. Asks the aws command, which has the operator's account. */
export function instanceMarker(region: string): typeof markMachine {
    const aws = async (...words: string[]) => {
        const all = [...words, "--region", region, "--output", "text"];
        return (await run("aws", all, { timeout: 30_000 }).catch(inWords)).stdout.trim();
    };
    return async (stack, host, mark) => {
        const ids = await aws(
            ...["ec2", "describe-instances", "--query", "Reservations[].Instances[].InstanceId"],
            "--filters",
            `Name=tag:${tagKeys.stack},Values=${stack}`,
            `Name=tag:${tagKeys.host},Values=${host}`,
            "Name=instance-state-name,Values=pending,running,stopping,stopped",
        );
        if (ids === "") {
            if (mark === "left") await forgetMember(aws, stack, host);
            return false;
        }
        const [instance = ""] = ids.split(/\s+/);
        const tag = `Key=${tagKeys[mark]},Value=true`;
        await aws("ec2", "create-tags", "--resources", instance, "--tags", tag);
        return true;
    };
}

/** Its peers have forgotten it, and no machine is there to be taken out: neither shall the next `up` miss it. */
async function forgetMember(
    aws: (...words: string[]) => Promise<string>,
    stack: string,
    host: string,
): Promise<void> {
    const name = `${membersPath(stack)}/${host}`;
    await aws("ssm", "delete-parameter", "--name", name).catch((error: unknown) => {
        if (!String(error).includes("ParameterNotFound")) throw error;
    });
}

function inWords(error: NodeJS.ErrnoException & { stderr?: string }): never {
    if (error.code === "ENOENT")
        throw new Error(
            "the aws command is needed to note it on the instance (Debian: apt-get install awscli)",
        );
    throw new Error(error.stderr?.trim().split("\n").pop() ?? error.message);
}
