import { instanceMarker } from "../components/machines/aws-marks";
import { markMachine } from "../components/machines/incus-marks";
import { Refusal } from "./refusal";
import type { Stack } from "./stack";

/** Notes what the next `up` shall know of a host. @returns whether there is a machine to note it of */
export type Mark = typeof markMachine;

/** Where a stack's notes are kept: on its platform; where there is none behind the machines, on the other machines. */
export function markOf(stack: Stack): Mark {
    const { platform, region } = stack.outputs;
    if (platform === "ssh") return (_, host, mark) => markOnOthers(stack, host, mark);
    if (platform === "aws" && typeof region === "string") return instanceMarker(region);
    return markMachine;
}

/** Whoever stands down notes that itself; that it has left must be known when nobody asks it any more. */
async function markOnOthers(
    stack: Stack,
    host: string,
    mark: "left" | "replace",
): Promise<boolean> {
    if (mark === "replace") return true;
    const others = stack.hosts.filter(({ name }) => name !== host);
    const note = `mkdir -p /etc/testudo/gone && : >/etc/testudo/gone/${host}`;
    const answers = await Promise.all(
        others.map(({ name }) => stack.run(name, note, { timeoutSeconds: 30 })),
    );
    if (answers.some(({ code }) => code === 0)) return true;
    throw new Refusal(
        `${host} has left, and none of the others could be told (${answers[0]?.stderr.trim().split("\n").pop() ?? "there are none"}); run the same command again`,
    );
}
