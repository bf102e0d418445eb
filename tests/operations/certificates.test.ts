import { certificatesOf, certificatesText, publicPlace } from "../../operations/certificates";

const now = new Date("2026-06-01T12:00:00Z");
const certificates = [
    { name: "authority first", ends: "2036-05-29T00:00:00.123456789Z" },
    { name: "lb1 load-balancer", ends: "2026-06-11T12:00:00Z" },
    { name: "edge (your own)", ends: "2026-05-31T12:00:00Z" },
];

test("what ends first is told first, with the days that are left", () => {
    const found = certificatesOf({ certificates }, now);
    expect(found.map(({ name, daysLeft }) => [name, daysLeft])).toEqual([
        ["edge (your own)", -1],
        ["lb1 load-balancer", 10],
        ["authority first", 3649],
    ]);
    expect(certificatesText(found, "2026-05-31T12:00:00Z").split("\n")).toEqual([
        "edge (your own)    2026-05-31  has ended  !",
        "lb1 load-balancer  2026-06-11  10 days  !",
        "authority first    2036-05-29  3649 days",
        "",
        "visitors are shown one until 2026-05-31",
        expect.stringContaining("2 end within 30 days"),
    ]);
});

test("balancers that are down hide nothing of what the stack knows", () => {
    const text = certificatesText(
        certificatesOf({ certificates: certificates.slice(0, 1) }, now),
        undefined,
    );
    expect(text).toContain("authority first");
    expect(text).toContain("the balancers do not answer");
    expect(text).not.toContain("end within");
});

test("visitors come to the public address where the floating one is the stack's own alone", () => {
    expect(publicPlace({ outputs: { vip: "10.91.0.10" } })).toBe("10.91.0.10");
    const outputs = { vip: "10.91.0.10", publicAddress: "198.51.100.1" };
    expect(publicPlace({ outputs })).toBe("198.51.100.1");
    expect(publicPlace({ outputs: {} })).toBeUndefined();
});

test("a stack of an older version is told to come up first", () => {
    expect(() => certificatesOf({}, now)).toThrow("bring it up with this version first");
});
