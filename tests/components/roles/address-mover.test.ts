import { spawn } from "node:child_process";
import { mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../../../components/cluster/plan";
import { Ec2Api, credentials, type Call } from "../../helpers/ec2-api";
import { fileOf, filesOf } from "../../helpers/facts";
import { full, hostOf, onAws, planOf } from "../../helpers/plans";

// The scripts as they run on hosts, with the real curl, against an API on loopback; `ip` and `logger` are stand-ins.

const routed = planOf(onAws);
const oneZone = planOf({
    ...onAws,
    aws: { innerAddress: "secondary" },
    hosts: { inner2: { failureDomain: "a" } },
    network: { innerVip: "10.91.1.10" },
    acceptDataLossRisk: "both inner balancers are in one zone",
});

let api: Ec2Api;
let folder: string;
let place: string;
beforeEach(async () => {
    api = new Ec2Api("eu-central-1");
    place = await api.start();
    folder = mkdtempSync(join(tmpdir(), "testudo-address-"));
    writeFileSync(join(folder, "ip"), `#!/bin/sh\ncat ${folder}/addresses 2>/dev/null\n`, {
        mode: 0o755,
    });
    writeFileSync(join(folder, "logger"), `#!/bin/sh\necho "$@" >>${folder}/log\n`, {
        mode: 0o755,
    });
    writeFileSync(join(folder, "mac"), "02:00:00:00:00:01\n");
});
afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true });
});

/** VRRP's mark comes or goes. */
const master = (vip: string | null) => {
    writeFileSync(
        join(folder, "addresses"),
        vip === null ? "" : `ens5 UP 10.91.0.11/26 ${vip}/32 \n`,
    );
};

async function run(
    plan: Plan,
    host: string,
    word: string,
): Promise<{ code: number; said: string }> {
    const role = host.startsWith("lb") ? "load-balancer" : "inner-load-balancer";
    const path = `/usr/local/lib/testudo/${role}/address`;
    const text = fileOf(plan, hostOf(plan, host), path)
        .replaceAll("169.254.169.254", place)
        .replaceAll("https://ec2.eu-central-1.amazonaws.com/", `http://${place}/`)
        .replaceAll("/run/testudo", folder)
        .replaceAll("/sys/class/net/ens5/address", join(folder, "mac"))
        .replace("patience=60", "patience=3");
    const script = join(folder, "address");
    writeFileSync(script, text);
    const child = spawn("bash", [script, word], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` },
    });
    let said = "";
    child.stdout.on("data", (part: Buffer) => (said += part.toString()));
    child.stderr.on("data", (part: Buffer) => (said += part.toString()));
    const code = await new Promise<number>((resolve) =>
        child.on("close", (end) => resolve(end ?? 1)),
    );
    return { code, said };
}

/** An account in which calls take effect. */
function living(at: { holder: string }) {
    api.answer = ({ action, parameters }: Call) => {
        if (action === "AssociateAddress") at.holder = parameters.NetworkInterfaceId ?? "";
        return {
            body: `<r><addressesSet><item>${at.holder === "" ? "" : `<networkInterfaceId>${at.holder}</networkInterfaceId>`}</item></addressesSet></r>`,
        };
    };
}
const actions = () => api.calls.map((call) => call.action);

describe("the public address", () => {
    test("a new master fetches it for its own second address, and looks whether it came", async () => {
        living({ holder: "eni-0lb2" });
        master("10.91.0.10");
        const { code, said } = await run(routed, "lb1", "claim");
        expect([code, said]).toEqual([
            0,
            expect.stringMatching(/^the public address 192\.0\.2\.80 is here, \d+ ms after/),
        ]);
        expect(api.calls[0]).toEqual({
            action: "AssociateAddress",
            parameters: {
                Version: "2016-11-15",
                AllocationId: "eipalloc-0site",
                NetworkInterfaceId: "eni-0lb1",
                PrivateIpAddress: "10.91.0.9",
                AllowReassociation: "true",
            },
        });
        expect(actions()).toEqual(["AssociateAddress", "DescribeAddresses"]);
        expect(api.refused).toEqual([]);
    });

    test("whoever is not the master asks for nothing", async () => {
        master(null);
        expect(await run(routed, "lb1", "claim")).toMatchObject({
            code: 0,
            said: expect.stringContaining("another balancer is the master"),
        });
        expect((await run(routed, "lb1", "settle")).code).toBe(0);
        expect(actions()).toEqual([]);
    });

    test("a call that is accepted and does not last is made again, and failed at the end", async () => {
        master("10.91.0.10");
        api.answer = () => ({
            body: "<r><item><networkInterfaceId>eni-0other</networkInterfaceId></item></r>",
        });
        const { code, said } = await run(routed, "lb1", "claim");
        expect([code, said]).toEqual([1, expect.stringContaining("it is somewhere else")]);
        expect(actions().filter((action) => action === "AssociateAddress").length).toBeGreaterThan(
            0,
        );
    });

    test("what EC2 refuses is said in its own words, without a secret", async () => {
        master("10.91.0.10");
        api.answer = () => ({
            status: 403,
            body: "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not</Message></Error></Errors></Response>",
        });
        const { code, said } = await run(routed, "lb1", "claim");
        expect([code, said]).toEqual([
            1,
            expect.stringContaining("UnauthorizedOperation: You may not"),
        ]);
        expect(said + readFileSync(join(folder, "log"), "utf8")).not.toContain(
            credentials.SecretAccessKey,
        );
    });

    test("settled: nothing is called but the question where it is", async () => {
        living({ holder: "eni-0lb2" });
        master("10.91.0.10");
        expect((await run(routed, "lb2", "settle")).code).toBe(0);
        expect(actions()).toEqual(["DescribeAddresses"]);
    });

    test("a master whose call had failed fetches it at the next look", async () => {
        const at = { holder: "" };
        living(at);
        master("10.91.0.10");
        expect((await run(routed, "lb2", "settle")).code).toBe(0);
        expect(at.holder).toBe("eni-0lb2");
    });

    test("two masters: the second one leaves it to the first for a minute, and the first one takes it back", async () => {
        const at = { holder: "" };
        living(at);
        master("10.91.0.10");
        await run(routed, "lb2", "settle");
        at.holder = "eni-0lb1";
        for (let look = 0; look < 4; look++) {
            const { said } = await run(routed, "lb2", "settle");
            expect(said).toContain("do the balancers reach each other?");
        }
        expect(at.holder).toBe("eni-0lb1");
        // Nobody answers for whom it was left to: then rather twice than not at all.
        await run(routed, "lb2", "settle");
        expect(at.holder).toBe("eni-0lb2");

        expect((await run(routed, "lb1", "settle")).code).toBe(0);
        expect(at.holder).toBe("eni-0lb1");
        expect(existsSync(join(folder, "address-load-balancer.had"))).toBe(true);
    });

    test("secrets are no arguments of any process", () => {
        const text = fileOf(
            routed,
            hostOf(routed, "lb1"),
            "/usr/local/lib/testudo/load-balancer/address",
        );
        const calls = text.split("\n").filter((line) => /curl .*--(user|header)/.test(line));
        expect(
            calls.filter((line) =>
                /token|Token|Secret/.test(line.replace("metadata-token-ttl", "")),
            ),
        ).toEqual([]);
    });
});

describe("the inner address", () => {
    test("by routes: all tables lead to the new master", async () => {
        const routes = new Map([
            ["rtb-0a", "eni-0inner1"],
            ["rtb-0b", "eni-0inner1"],
            ["rtb-0c", "eni-0inner1"],
        ]);
        api.answer = ({ action, parameters }) => {
            if (action === "ReplaceRoute")
                routes.set(parameters.RouteTableId ?? "", parameters.NetworkInterfaceId ?? "");
            const items = [...routes.values()].map(
                (eni) =>
                    `<item><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId></item>\n<item><destinationCidrBlock>10.92.0.10/32</destinationCidrBlock><networkInterfaceId>${eni}</networkInterfaceId></item></routeSet></item>`,
            );
            return { body: `<r>${items.join("\n")}</r>` };
        };
        master("10.92.0.10");
        const { code, said } = await run(routed, "inner2", "claim");
        expect([code, said]).toEqual([
            0,
            expect.stringContaining("the inner address 10.92.0.10 is here"),
        ]);
        expect([...routes.values()]).toEqual(["eni-0inner2", "eni-0inner2", "eni-0inner2"]);
        expect(api.calls[0]?.parameters).toMatchObject({ DestinationCidrBlock: "10.92.0.10/32" });

        // One table that leads elsewhere is enough for another call.
        routes.set("rtb-0b", "eni-0inner1");
        api.calls.length = 0;
        expect((await run(routed, "inner1", "settle")).code).toBe(0);
        expect([...new Set(routes.values())]).toEqual(["eni-0inner1"]);
    });

    test("in one zone: moved between interfaces, and here when the metadata service says so", async () => {
        api.answer = () => {
            api.localAddresses = ["10.91.1.11", "10.91.1.10"];
            return { body: "<ok/>" };
        };
        master("10.91.1.10");
        expect((await run(oneZone, "inner1", "claim")).code).toBe(0);
        expect(api.calls).toEqual([
            {
                action: "AssignPrivateIpAddresses",
                parameters: {
                    Version: "2016-11-15",
                    NetworkInterfaceId: "eni-0inner1",
                    "PrivateIpAddress.1": "10.91.1.10",
                    AllowReassignment: "true",
                },
            },
        ]);
        expect((await run(oneZone, "inner1", "mine")).code).toBe(0);
        api.localAddresses = ["10.91.1.11"];
        expect((await run(oneZone, "inner1", "mine")).code).toBe(1);
    });
});

describe("where VRRP alone moves the address", () => {
    test("there is no script, no timer and nobody whom keepalived calls", () => {
        const plan = planOf(full);
        for (const name of ["lb1", "inner1"]) {
            const files = [...filesOf(plan, hostOf(plan, name)).values()].flat();
            expect(files.filter(({ path }) => /address|door/.test(path))).toEqual([]);
            expect(
                fileOf(plan, hostOf(plan, name), "/etc/keepalived/keepalived.conf"),
            ).not.toContain("notify");
        }
    });
});

test("keepalived calls the script as root, also after a split, and marks the master with a /32", () => {
    const text = fileOf(routed, hostOf(routed, "lb2"), "/etc/keepalived/keepalived.conf");
    expect(text).toContain("        10.91.0.10/32 dev ens5\n");
    expect(text).toContain(
        '    notify_master "/usr/local/lib/testudo/load-balancer/address claim" root\n    notify_master_rx_lower_pri "/usr/local/lib/testudo/load-balancer/address claim" root\n',
    );
});
