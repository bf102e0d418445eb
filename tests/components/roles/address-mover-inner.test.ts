import { AddressScript } from "../../helpers/address-script";
import { onAws, planOf } from "../../helpers/plans";

// The inner floating address, both ways.

const routed = planOf(onAws);
const oneZone = planOf({
    ...onAws,
    aws: { innerAddress: "secondary" },
    hosts: { inner2: { failureDomain: "a" } },
    network: { innerVip: "10.91.1.10" },
    acceptDataLossRisk: "both inner balancers are in one zone",
});

let script: AddressScript;
beforeEach(async () => {
    script = await new AddressScript().start();
});
afterEach(async () => {
    await script.stop();
});

test("by routes: all tables lead to the new master", async () => {
    const routes = new Map([
        ["rtb-0a", "eni-0inner1"],
        ["rtb-0b", "eni-0inner1"],
        ["rtb-0c", "eni-0inner1"],
    ]);
    script.api.answer = ({ action, parameters }) => {
        if (action === "ReplaceRoute")
            routes.set(parameters.RouteTableId ?? "", parameters.NetworkInterfaceId ?? "");
        const items = [...routes.values()].map(
            (eni) =>
                `<item><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId></item>\n<item><destinationCidrBlock>10.92.0.10/32</destinationCidrBlock><networkInterfaceId>${eni}</networkInterfaceId></item></routeSet></item>`,
        );
        return { body: `<r>${items.join("\n")}</r>` };
    };
    script.master("10.92.0.10");
    const { code, said } = await script.run(routed, "inner2", "claim");
    expect([code, said]).toEqual([
        0,
        expect.stringContaining("the inner address 10.92.0.10 is here"),
    ]);
    expect([...routes.values()]).toEqual(["eni-0inner2", "eni-0inner2", "eni-0inner2"]);
    expect(script.api.calls[0]?.parameters).toMatchObject({
        DestinationCidrBlock: "10.92.0.10/32",
    });

    // One table that leads elsewhere is enough for another call.
    routes.set("rtb-0b", "eni-0inner1");
    script.api.calls.length = 0;
    expect((await script.run(routed, "inner1", "settle")).code).toBe(0);
    expect([...new Set(routes.values())]).toEqual(["eni-0inner1"]);
});

test("in one zone: moved between interfaces, and here when the metadata service says so", async () => {
    script.api.answer = () => {
        script.api.localAddresses = ["10.91.1.11", "10.91.1.10"];
        return { body: "<ok/>" };
    };
    script.master("10.91.1.10");
    expect((await script.run(oneZone, "inner1", "claim")).code).toBe(0);
    expect(script.api.calls).toEqual([
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
    expect((await script.run(oneZone, "inner1", "mine")).code).toBe(0);
    script.api.localAddresses = ["10.91.1.11"];
    expect((await script.run(oneZone, "inner1", "mine")).code).toBe(1);
});
