import { hostOf, moveByPowerCut } from "./move";
import { attach, emulator, innerVip, needsUp } from "./world";

beforeAll(() => {
    attach();
    needsUp();
});

test(
    "the balancer that holds the address loses power: the other one's own call moves the association, and visitors follow",
    () =>
        moveByPowerCut({
            role: "load-balancer",
            what: "public address",
            call: "AssociateAddress",
            asked: "static",
            associated: async () => {
                const [address] = await emulator.ask<{ NetworkInterfaceId?: string }[]>([
                    ...["ec2", "describe-addresses", "--query", "Addresses[]"],
                    ...["--filters", "Name=tag:Name,Values=testudo-e2eaws-address"],
                ]);
                return hostOf(address?.NetworkInterfaceId);
            },
        }),
    600_000,
);

test(
    "the inner balancer that holds the inner address loses power: the other one leads every zone's route to itself, and pages find SQL",
    () =>
        moveByPowerCut({
            role: "inner-load-balancer",
            what: "inner address",
            call: "ReplaceRoute",
            asked: "page",
            associated: async () => {
                const tables = await emulator.ask<Route[][]>([
                    ...["ec2", "describe-route-tables", "--query", "RouteTables[].Routes"],
                    ...["--filters", `Name=route.destination-cidr-block,Values=${innerVip}/32`],
                ]);
                const routes = tables
                    .flat()
                    .filter((one) => one.DestinationCidrBlock === `${innerVip}/32`);
                const interfaces = [...new Set(routes.map((one) => one.NetworkInterfaceId))];
                expect(routes.length).toBe(3);
                return interfaces.length === 1 ? hostOf(interfaces[0]) : interfaces.join(" ");
            },
        }),
    600_000,
);

test("every call of a balancer was signed as botocore signs, with credentials of its own role", () => {
    const lines = emulator.log().split("\n");
    for (const role of ["lb", "inner"]) {
        const signed = new RegExp(`by aws-${role}\\d-role-\\w+/i-`);
        expect([role, lines.filter((line) => signed.test(line)).length > 0]).toEqual([role, true]);
    }
    expect(lines.filter((line) => line.includes("SignatureDoesNotMatch"))).toEqual([]);
});

interface Route {
    readonly DestinationCidrBlock?: string;
    readonly NetworkInterfaceId?: string;
}
