import { awsCost, costSentence, needOf, needSentence } from "../../../components/cluster/cost";
import { instancePrice, pricedRegions } from "../../../components/cluster/prices.aws";
import { full, onAws, planOf, smallest, type Values } from "../../helpers/plans";

const costOf = (values: Values = {}, region = "us-east-1") =>
    awsCost(planOf({ ...onAws, ...values }), region);
const lineOf = (values: Values, what: string, region?: string) =>
    costOf(values, region).lines.find((line) => line.what === what);

test("the stack of 18 hosts, line by line", () => {
    const { lines, unknown } = costOf();
    expect(lines.map(({ what, count }) => `${count} ${what}`)).toEqual([
        "6 t4g.medium",
        "12 t4g.small",
        // 18 roots of 10, three volumes each of 10, 2 and 10.
        "246 GiB of gp3 disks",
        "6 public IPv4 addresses",
        "3 NAT gateways",
    ]);
    expect(unknown).toEqual([]);
});

test("the sum is that of the lines, at 730 hours a month", () => {
    const { month } = costOf();
    const byHand = 730 * (6 * 0.0336 + 12 * 0.0168 + 6 * 0.005 + 3 * 0.045) + 246 * 0.08;
    expect(month).toBeCloseTo(byHand, 6);
    expect(costOf({}, "eu-central-1").month).toBeGreaterThan(month);
});

test("one gateway costs a third of three, and none brings endpoints", () => {
    const three = lineOf({}, "NAT gateways")?.month ?? 0;
    expect(lineOf({ aws: { nat: "single" } }, "NAT gateways")?.month).toBeCloseTo(three / 3, 6);
    const none = { aws: { nat: "none", ami: "ami-0123456789" } };
    expect(lineOf(none, "NAT gateways")).toBeUndefined();
    expect(lineOf(none, "zones of the API endpoint")?.count).toBe(3);
});

test("what the table does not know is named, never counted as nothing in silence", () => {
    const strange = costOf({ aws: { instanceTypes: { database: "r8g.large" } } });
    expect(strange.unknown).toEqual(["r8g.large"]);
    expect(costSentence(strange, "us-east-1")).toContain("no price here for r8g.large");
    const nowhere = costOf({}, "ap-south-2");
    expect(nowhere.unknown).toHaveLength(5);
    expect(costSentence(nowhere, "ap-south-2")).toMatch(
        /^what it costs in ap-south-2 is not known here/,
    );
});

test("every type that a stack gets by default has a price in every region of the table", () => {
    for (const region of pricedRegions)
        for (const architecture of ["arm64", "amd64"])
            expect(costOf({ aws: { architecture } }, region).unknown).toEqual([]);
    expect(instancePrice("m7g.large", "eu-central-1")).toBeUndefined();
});

test("on Incus it is memory and disk", () => {
    expect(needOf(planOf(full))).toEqual({ memoryMiB: 11_264, diskGiB: 72, dataGiB: 66 });
    expect(needSentence(planOf(full))).toBe(
        "18 hosts: the machine needs up to 11264 MiB of memory, 72 GiB of disk and 66 GiB for data",
    );
    expect(needOf(planOf(smallest)).memoryMiB).toBeLessThan(needOf(planOf(full)).memoryMiB);
});
