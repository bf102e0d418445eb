import { check } from "../../components/checks";
import { FakeIncus } from "../helpers/fake-incus";
import { rawConfig, smallest } from "../helpers/plans";

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
});
afterEach(() => {
    incus.remove();
});

const fresh = { authorities: [], vips: {} };

const trusting = (...authorities: string[]) =>
    check("test", rawConfig({ ...smallest, trust: { authorities } }), () =>
        Promise.resolve({ authorities: ["old"], vips: {} }),
    );

test("an authority that hosts do not know cannot take over at once; with the old one beside it it can", async () => {
    await expect(trusting("new")).rejects.toThrow(
        /^1 fault in the configuration; nothing was changed:\n {2}testudo:trust\.authorities: needs old beside it for one up: \[new, old\]/,
    );
    expect((await trusting("new", "old")).plan.config.trust.authorities).toEqual(["new", "old"]);
});

test("a certificate that cannot be read is told with everything else that is wrong", async () => {
    const raw = rawConfig({
        ...smallest,
        site: { certificate: "nowhere.pem" },
        siteKey: "nowhere.key",
        trust: { certificateDays: 1, renewalDays: 2 },
    });
    await expect(check("test", raw, () => Promise.resolve(fresh))).rejects.toThrow(
        /^3 faults in the configuration(?=[^]*testudo:trust\.certificateDays)(?=[^]*testudo:site\.certificate)(?=[^]*testudo:siteKey)/,
    );
});

test("a living pair keeps its floating address; one that goes takes its own along", async () => {
    const with2 = { ...smallest, innerLoadBalancer: { count: 2, vrrpRouterId: 52 } };
    const after = (values: object, vip: string) =>
        check("test", rawConfig({ ...values, network: { vip, innerVip: "10.91.1.9" } }), () =>
            Promise.resolve({
                authorities: [],
                vips: { "load-balancer": "10.91.0.10", "inner-load-balancer": "10.91.1.10" },
            }),
        );
    await expect(after(with2, "10.91.0.9")).rejects.toThrow(
        /^2 faults in the configuration(?=[^]*testudo:network\.vip: needs to stay 10\.91\.0\.10, because)(?=[^]*testudo:network\.innerVip: needs to stay 10\.91\.1\.10, because)/,
    );
    expect((await after(smallest, "10.91.0.10")).plan.vip).toBe("10.91.0.10");
});
