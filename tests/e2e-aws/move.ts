import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loss, ofKind } from "../e2e/analysis";
import { holder, whole } from "../e2e/cluster";
import { now, powerCut, powerOn } from "../e2e/faults";
import { figure } from "../e2e/figures";
import { reportFolder, sh } from "../e2e/lab";
import { pause, until } from "../e2e/shell";
import { visitors } from "./visitor";
import { emulator } from "./world";

/** A pair's floating address, and how the platform moves it. */
export interface Floating {
    readonly role: "load-balancer" | "inner-load-balancer";
    /** In the words of the hosts' journal. */
    readonly what: "public address" | "inner address";
    readonly call: "AssociateAddress" | "ReplaceRoute" | "AssignPrivateIpAddresses";
    /** The host to which the API says that it leads. */
    readonly associated: () => Promise<string>;
    /** What visitors ask for that goes this way. */
    readonly asked: "static" | "page";
}

/** The host that has an interface. */
export async function hostOf(networkInterface: string | undefined): Promise<string> {
    const [link] = await emulator.ask<{ TagSet: { Key: string; Value: string }[] }[]>([
        ...["ec2", "describe-network-interfaces", "--query", "NetworkInterfaces[]"],
        ...["--network-interface-ids", networkInterface ?? "eni-none"],
    ]);
    return link?.TagSet.find((tag) => tag.Key === "testudo:host")?.Value ?? "nobody";
}

/**
 * Cuts the power of the host that holds the address, under visitors, until the other one's own call has moved it; puts
 * figures down, in seconds by the clock of this machine; brings the first one back.
 */
export async function moveByPowerCut(floating: Floating): Promise<void> {
    const { role, what, call, associated, asked } = floating;
    const name = `emulated EC2, ${what} by ${call}`;
    await whole(180);
    const first = await holder(role);
    expect(await associated()).toBe(first);
    const asking = await visitors();
    await pause(2000);
    const cut = await powerCut(first);
    await until("the address moves", 60, async () =>
        (await associated()) === first ? [`it is at ${first}`] : [],
    );
    // Visitors go on until one of them has been answered by way of the other.
    await pause(3000);
    const seen = await asking.stop();
    writeFileSync(
        join(reportFolder, `address-${call}.jsonl`),
        seen.map((one) => JSON.stringify(one)).join("\n"),
    );
    const second = await holder(role);
    expect(second).not.toBe(first);
    expect(await associated()).toBe(second);

    const master = await journal(second, cut, "Entering MASTER STATE");
    const here = await journal(second, cut, `${what} .* is here`);
    const said = await sh(
        second,
        "journalctl -t testudo-address -o cat | grep 'is here' | tail -1",
    );
    const took = Number(/ (\d+) ms after/.exec(said)?.[1]) / 1000;
    const started = here - took;
    const calls = emulator
        .log()
        .split("\n")
        .filter((line) => line.includes(`${call} by aws-${second}-`));
    const answered = Number(/(\d+) ms/.exec(calls.at(-1) ?? "")?.[1]) / 1000;
    figure(`${name}: power cut until VRRP has a master`, master - cut, "s");
    figure(`${name}: master until its script has started`, started - master, "s");
    figure(`${name}: script until it has read the address back`, took, "s");
    figure(
        `${name}: of that, the API's last answer to the call`,
        answered,
        "s",
        undefined,
        "EC2 takes seconds",
    );
    const lost = loss(ofKind(seen, asked), cut - 1);
    figure(`${name}: gap for visitors`, lost.gap, "s");
    expect(lost.gap).toBeLessThan(15);
    const after = ofKind(seen, asked).filter((one) => one.ok && one.start > here);
    expect(after.length).toBeGreaterThan(0);

    const mended = now();
    await powerOn(first);
    await whole(180);
    figure(`${name}: full redundancy after the balancer is back`, now() - mended, "s");
    expect(await associated()).toBe(second);
}

/** Seconds since the epoch of the first line that a host's journal has after a moment. */
async function journal(host: string, since: number, pattern: string): Promise<number> {
    const lines = await sh(
        host,
        `journalctl --output=short-unix --no-pager --since=@${Math.floor(since)} | grep -E '${pattern}' || true`,
    );
    const times = lines.split("\n").map((line) => Number(line.split(" ")[0]));
    const first = times.find((time) => time >= since);
    if (first === undefined) throw new Error(`${host} has no line like ${pattern}:\n${lines}`);
    return first;
}
