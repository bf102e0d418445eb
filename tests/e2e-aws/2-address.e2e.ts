import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loss, ofKind } from "../e2e/analysis";
import { holder, whole } from "../e2e/cluster";
import { now, powerCut, powerOn } from "../e2e/faults";
import { figure } from "../e2e/figures";
import { reportFolder, sh } from "../e2e/lab";
import { pause, until } from "../e2e/shell";
import { visitors } from "./visitor";
import { attach, emulator, needsUp } from "./world";

beforeAll(() => {
    attach();
    needsUp();
});

/** The host whose interface has the site's elastic address, as the API says. */
async function associated(): Promise<string> {
    const [address] = await emulator.ask<{ NetworkInterfaceId?: string }[]>([
        ...["ec2", "describe-addresses", "--query", "Addresses[]"],
        ...["--filters", "Name=tag:Name,Values=testudo-e2eaws-address"],
    ]);
    const [link] = await emulator.ask<{ TagSet: { Key: string; Value: string }[] }[]>([
        ...["ec2", "describe-network-interfaces", "--query", "NetworkInterfaces[]"],
        ...["--network-interface-ids", address?.NetworkInterfaceId ?? "eni-none"],
    ]);
    return link?.TagSet.find((tag) => tag.Key === "testudo:host")?.Value ?? "nobody";
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

test("the balancer that holds the address loses power: the other one's own call moves the association, and visitors follow", async () => {
    await whole(180);
    const first = await holder();
    expect(await associated()).toBe(first);
    const asking = await visitors();
    await pause(2000);
    const cut = await powerCut(first);
    await until("the association moves", 60, async () =>
        (await associated()) === first ? [`it is at ${first}`] : [],
    );
    // Visitors go on until one of them has been answered by the other.
    await pause(3000);
    const seen = await asking.stop();
    writeFileSync(
        join(reportFolder, "address.jsonl"),
        seen.map((one) => JSON.stringify(one)).join("\n"),
    );
    const second = await holder();
    expect(second).not.toBe(first);
    expect(await associated()).toBe(second);

    const master = await journal(second, cut, "Entering MASTER STATE");
    const here = await journal(second, cut, "public address .* is here");
    const said = await sh(
        second,
        "journalctl -t testudo-address -o cat | grep 'is here' | tail -1",
    );
    const took = Number(/ (\d+) ms after/.exec(said)?.[1]) / 1000;
    const started = here - took;
    const calls = emulator
        .log()
        .split("\n")
        .filter((line) => line.includes(`AssociateAddress by aws-${second}-`));
    const call = Number(/(\d+) ms/.exec(calls.at(-1) ?? "")?.[1]) / 1000;
    figure("emulated EC2: power cut until VRRP has a master", master - cut, "s");
    figure("emulated EC2: master until its script has started", started - master, "s");
    figure("emulated EC2: script until it has read the address back", took, "s");
    figure(
        "emulated EC2: of that, the API's answer to AssociateAddress",
        call,
        "s",
        undefined,
        "EC2 takes seconds",
    );
    const files = loss(ofKind(seen, "static"), cut - 1);
    figure("emulated EC2: gap for visitors", files.gap, "s");
    expect(files.gap).toBeLessThan(15);
    const after = ofKind(seen, "static").filter((one) => one.ok && one.start > here);
    expect(after.length).toBeGreaterThan(0);

    const mended = now();
    await powerOn(first);
    await whole(180);
    figure("emulated EC2: full redundancy after the balancer is back", now() - mended, "s");
    expect(await associated()).toBe(second);
}, 600_000);

test("every call of a balancer was signed as botocore signs, with credentials of its own role", () => {
    const lines = emulator.log().split("\n");
    expect(lines.filter((line) => /by aws-lb\d-role-\w+\/i-/.test(line)).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes("SignatureDoesNotMatch"))).toEqual([]);
});
