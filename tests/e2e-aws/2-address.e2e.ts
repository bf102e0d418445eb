import { hostOf, moveByPowerCut } from "./move";
import { attach, emulator, innerVip, isAssigned, needsUp } from "./world";

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
            associated,
        }),
    600_000,
);

test(
    "the inner balancer that holds the inner address loses power: the other one leads it to itself, and pages find SQL",
    () =>
        moveByPowerCut({
            role: "inner-load-balancer",
            what: "inner address",
            call: isAssigned ? "AssignPrivateIpAddresses" : "ReplaceRoute",
            asked: "page",
            associated: isAssigned ? assigned : routed,
        }),
    600_000,
);

test("every call of a balancer was signed as botocore signs, with credentials of its own role", () => {
    const lines = emulator.log().split("\n");
    for (const role of ["lb", "inner"]) {
        const signed = new RegExp(`by aws-${role}\\d-role-\\w+/i-`);
        expect([role, lines.some((line) => signed.test(line))]).toEqual([role, true]);
    }
    expect(lines.filter((line) => line.includes("SignatureDoesNotMatch"))).toEqual([]);
});

/** The host whose interface has the site's elastic address. */
async function associated(): Promise<string> {
    const links = await emulator.ask<string[]>([
        ...["ec2", "describe-addresses", "--query", "Addresses[].NetworkInterfaceId"],
        ...["--filters", "Name=tag:Name,Values=testudo-e2eaws-address"],
    ]);
    return only(links);
}

/** The host to which the private route tables of all three zones lead. */
async function routed(): Promise<string> {
    const tables = await emulator.ask<Route[][]>([
        ...["ec2", "describe-route-tables", "--query", "RouteTables[].Routes"],
        ...["--filters", `Name=route.destination-cidr-block,Values=${innerVip}/32`],
    ]);
    const routes = tables.flat().filter((one) => one.DestinationCidrBlock === `${innerVip}/32`);
    expect(routes.length).toBe(3);
    return only(routes.map((one) => one.NetworkInterfaceId ?? "eni-none"));
}

/** The host whose interface has the inner address. */
async function assigned(): Promise<string> {
    // moto's filter knows first addresses alone.
    const has = `PrivateIpAddresses[?PrivateIpAddress=='${innerVip}']`;
    const links = await emulator.ask<string[]>([
        ...["ec2", "describe-network-interfaces"],
        ...["--query", `NetworkInterfaces[?${has}].NetworkInterfaceId`],
    ]);
    return only(links);
}

/** The one host that all of these interfaces are of; several where they are not one's. */
function only(links: readonly string[]): Promise<string> {
    const [link, ...others] = new Set(links);
    return others.length === 0 ? hostOf(link) : Promise.resolve([...links].join(" "));
}

interface Route {
    readonly DestinationCidrBlock?: string;
    readonly NetworkInterfaceId?: string;
}
