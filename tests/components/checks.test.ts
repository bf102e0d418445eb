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

const trusting = (...authorities: string[]) =>
    check("test", rawConfig({ ...smallest, trust: { authorities } }), () =>
        Promise.resolve(["old"]),
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
    await expect(check("test", raw, () => Promise.resolve([]))).rejects.toThrow(
        /^3 faults in the configuration(?=[^]*testudo:trust\.certificateDays)(?=[^]*testudo:site\.certificate)(?=[^]*testudo:siteKey)/,
    );
});
