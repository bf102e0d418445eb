import { AddressScript } from "../../helpers/address-script";
import { credentials, type Call } from "../../helpers/ec2-api";
import { fileOf, filesOf } from "../../helpers/facts";
import { full, hostOf, onAws, planOf } from "../../helpers/plans";

const routed = planOf(onAws);

let script: AddressScript;
beforeEach(async () => {
    script = await new AddressScript().start();
});
afterEach(async () => {
    await script.stop();
});

/** An account in which calls take effect. */
function living(at: { holder: string }) {
    script.api.answer = ({ action, parameters }: Call) => {
        if (action === "AssociateAddress") at.holder = parameters.NetworkInterfaceId ?? "";
        return {
            body: `<r><addressesSet><item>${at.holder === "" ? "" : `<networkInterfaceId>${at.holder}</networkInterfaceId>`}</item></addressesSet></r>`,
        };
    };
}

describe("the public address", () => {
    test("a new master fetches it for its own second address, and looks whether it came", async () => {
        living({ holder: "eni-0lb2" });
        script.master("10.91.0.10");
        const { code, said } = await script.run(routed, "lb1", "claim");
        expect([code, said]).toEqual([
            0,
            expect.stringMatching(/^the public address 192\.0\.2\.80 is here, \d+ ms after/),
        ]);
        expect(script.api.calls[0]).toEqual({
            action: "AssociateAddress",
            parameters: {
                Version: "2016-11-15",
                AllocationId: "eipalloc-0site",
                NetworkInterfaceId: "eni-0lb1",
                PrivateIpAddress: "10.91.0.9",
                AllowReassociation: "true",
            },
        });
        expect(script.actions).toEqual(["AssociateAddress", "DescribeAddresses"]);
        expect(script.api.refused).toEqual([]);
    });

    test("whoever is not the master asks for nothing", async () => {
        script.master(null);
        expect(await script.run(routed, "lb1", "claim")).toMatchObject({
            code: 0,
            said: expect.stringContaining("another balancer is the master") as string,
        });
        expect((await script.run(routed, "lb1", "settle")).code).toBe(0);
        expect(script.actions).toEqual([]);
    });

    test("a call that is accepted and does not last is made again, and failed at the end", async () => {
        script.master("10.91.0.10");
        script.api.answer = () => ({
            body: "<r><item><networkInterfaceId>eni-0other</networkInterfaceId></item></r>",
        });
        const { code, said } = await script.run(routed, "lb1", "claim");
        expect([code, said]).toEqual([1, expect.stringContaining("it is somewhere else")]);
        expect(
            script.actions.filter((action) => action === "AssociateAddress").length,
        ).toBeGreaterThan(0);
    });

    test("what EC2 refuses is said in its own words, without a secret", async () => {
        script.master("10.91.0.10");
        script.api.answer = () => ({
            status: 403,
            body: "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not</Message></Error></Errors></Response>",
        });
        const { code, said } = await script.run(routed, "lb1", "claim");
        expect([code, said]).toEqual([
            1,
            expect.stringContaining("UnauthorizedOperation: You may not"),
        ]);
        expect(said + script.log).not.toContain(credentials.SecretAccessKey);
    });

    test("settled: nothing is called but the question where it is", async () => {
        living({ holder: "eni-0lb2" });
        script.master("10.91.0.10");
        expect((await script.run(routed, "lb2", "settle")).code).toBe(0);
        expect(script.actions).toEqual(["DescribeAddresses"]);
    });

    test("a master whose call had failed fetches it at the next look", async () => {
        const at = { holder: "" };
        living(at);
        script.master("10.91.0.10");
        expect((await script.run(routed, "lb2", "settle")).code).toBe(0);
        expect(at.holder).toBe("eni-0lb2");
    });

    test("two masters: the second one leaves it to the first for a minute, and the first one takes it back", async () => {
        const at = { holder: "" };
        living(at);
        script.master("10.91.0.10");
        await script.run(routed, "lb2", "settle");
        at.holder = "eni-0lb1";
        for (let look = 0; look < 4; look++) {
            const { said } = await script.run(routed, "lb2", "settle");
            expect(said).toContain("do the balancers reach each other?");
        }
        expect(at.holder).toBe("eni-0lb1");
        // Nobody answers for whom it was left to: then rather twice than not at all.
        await script.run(routed, "lb2", "settle");
        expect(at.holder).toBe("eni-0lb2");

        expect((await script.run(routed, "lb1", "settle")).code).toBe(0);
        expect(at.holder).toBe("eni-0lb1");
        expect(script.remembers("address-load-balancer.had")).toBe(true);
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

test("healthy: the holder asks the platform, the other one dials the public address", () => {
    const healthy = "/usr/local/lib/testudo/load-balancer/healthy";
    expect(fileOf(routed, hostOf(routed, "lb2"), healthy)).toContain(
        '/usr/local/lib/testudo/load-balancer/address mine 2>/dev/null || timeout 3 bash -c "exec 3<>/dev/tcp/192.0.2.80/443" 2>/dev/null || {',
    );
    const lan = planOf(full);
    expect(fileOf(lan, hostOf(lan, "lb2"), healthy)).toContain(
        '\ntimeout 3 bash -c "exec 3<>/dev/tcp/10.91.0.10/443" 2>/dev/null || {',
    );
});
