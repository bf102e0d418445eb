import { curl } from "../e2e/client";
import { whole } from "../e2e/cluster";
import { figure } from "../e2e/figures";
import { askAgain, changedStackFile, outputs, up } from "../e2e/lab";
import { hostOf, moveByPowerCut } from "./move";
import { publicPlace } from "./visitor";
import { attach, emulator, needsUp } from "./world";

// In the subnet of zone a.
const address = "10.94.1.10";

beforeAll(() => {
    attach();
    needsUp();
});

test("the inner address becomes a second one of an interface of the zone in which both inner balancers are", async () => {
    const file = changedStackFile("secondary", {
        aws: { innerAddress: "secondary" },
        network: { innerVip: address },
    });
    const finished = await up([], { file });
    figure("emulated EC2: up that moves the inner address to another kind", finished.seconds, "s");
    expect([finished.code, finished.text.slice(-3000)]).toEqual([0, expect.anything()]);
    askAgain();
    expect((await outputs()).innerVip).toBe(address);
    await whole(180);
    expect(await curl([(await publicPlace()).siteUrl])).toContain("</html>");
}, 600_000);

test(
    "the inner balancer that holds it loses power: the other one assigns it to itself, and pages find SQL",
    () =>
        moveByPowerCut({
            role: "inner-load-balancer",
            what: "inner address",
            call: "AssignPrivateIpAddresses",
            asked: "page",
            associated: async () => {
                const links = await emulator.ask<string[]>([
                    ...["ec2", "describe-network-interfaces"],
                    ...["--query", "NetworkInterfaces[].NetworkInterfaceId"],
                    ...["--filters", `Name=addresses.private-ip-address,Values=${address}`],
                ]);
                return links.length === 1 ? hostOf(links[0]) : links.join(" ");
            },
        }),
    600_000,
);
