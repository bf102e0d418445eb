import { LoadBalancerPair } from "../../components/load-balancer-pair";
import { bundleText } from "../helpers/bundles";
import { foundationOf } from "../helpers/foundation";
import { planOf, withAcme } from "../helpers/plans";
import { canary, leaks, record, remembered, type RecordOptions } from "../helpers/record";

const pair = remembered((options?: RecordOptions, living = "none") =>
    record(() => {
        const foundation = foundationOf(planOf(), (host) => host === living);
        return new LoadBalancerPair("lb", { foundation });
    }, options),
);

const children = ["lb1", "lb2"].flatMap((host) => [
    `lb-${host}-base`,
    `lb-${host}-confirm`,
    `lb-${host}-push`,
    `lb-${host}-ready`,
    `maker-${host}`,
]);

test("two machines, each made ready, given its base, confirmed and pushed (mocks)", async () => {
    expect((await pair()).childrenOf("lb")).toEqual(children.sort());
});

test("a preview of a new stack, all keys unknown, registers the same (mocks)", async () => {
    expect((await pair({ preview: true })).childrenOf("lb")).toEqual(children.sort());
});

test("each step waits for the one before, and nothing for a host that is not bound by it (mocks)", async () => {
    const made = await pair();
    for (const host of ["lb1", "lb2"]) {
        expect(made.get(`lb-${host}-ready`).waitsFor).toEqual(
            expect.arrayContaining([`maker-${host}`, "border"]),
        );
        expect(made.get(`lb-${host}-base`).waitsFor).toContain(`lb-${host}-ready`);
        expect(made.get(`lb-${host}-confirm`).waitsFor).toContain(`lb-${host}-base`);
        expect(made.get(`lb-${host}-push`).waitsFor).toContain(`lb-${host}-confirm`);
    }
    expect(made.isAfter("lb-lb2-base", "lb-lb1-base")).toBe(false);
});

test.each(["lb1", "lb2"])(
    "where %s is living, the second balancer is changed after the first, never at once (mocks)",
    async (living) => {
        const made = await pair({}, living);
        expect(made.get("lb-lb2-push").waitsFor).toContain("lb-lb1-push");
        expect(made.isAfter("lb-lb1-push", "lb-lb2-push")).toBe(false);
    },
);

test("new balancers, through which nobody comes yet, are pushed side by side (mocks)", async () => {
    const made = await pair();
    expect(made.isAfter("lb-lb2-push", "lb-lb1-push")).toBe(false);
    expect(made.isAfter("lb-lb1-push", "lb-lb2-push")).toBe(false);
});

test("balancers are dialled directly, the patient step with a limit of its own (mocks)", async () => {
    const made = await pair();
    const connection = { host: "10.91.0.11", port: 22, user: "root" };
    expect(made.get("lb-lb1-ready").inputs.connection).toMatchObject({
        ...connection,
        dialErrorLimit: 60,
    });
    expect(made.get("lb-lb1-push").inputs.connection).toMatchObject({
        ...connection,
        dialErrorLimit: 20,
    });
    expect(made.get("lb-lb1-push").inputs.connection).not.toHaveProperty("proxy");
});

test("the preview's text of a push names role, host and every file (mocks)", async () => {
    const text = String((await pair()).get("lb-lb1-push").inputs.create);
    expect(text.split("\n")[0]).toBe("# push load-balancer to lb1");
    expect(text).toMatch(/^# \/etc\/haproxy\/haproxy\.cfg root:root 0644 [0-9a-f]{16}$/m);
    expect(text).toContain('"$bundle/engine/apply" "$bundle"');
});

test("visitors see one certificate with the floating address and the site's name (mocks)", async () => {
    const plan = planOf({ site: { name: "www.example.org" } });
    const made = await record(() => new LoadBalancerPair("lb", { foundation: foundationOf(plan) }));
    expect(made.get("trust-edge-request").inputs).toMatchObject({
        subject: { commonName: "www.example.org", organizationalUnit: "edge" },
        dnsNames: ["www.example.org", "localhost"],
        ipAddresses: ["10.91.0.10", "127.0.0.1"],
    });
});

test("a certificate of the operator's own takes the place of ours, its key secret, and the site's clock believes it (mocks)", async () => {
    const certificate = {
        chain: "CERTIFICATE of the site\nCERTIFICATE of its authority\n",
        key: canary("site key"),
        ends: new Date("2030-01-01"),
        warnings: [],
    };
    const made = await record(() => {
        new LoadBalancerPair("lb", { foundation: foundationOf(planOf()), certificate });
    });
    expect(made.names.filter((name) => name.startsWith("trust-edge"))).toEqual([]);
    const push = made.get("lb-lb1-push");
    expect(leaks(push.sent)).toEqual([]);
    const bundle = bundleText(push.inputs.stdin);
    expect(bundle).toContain(`${certificate.chain}${certificate.key}`);
    expect(bundle.split(certificate.chain)).toHaveLength(3);
});

test("the account at an authority is one for both balancers, its key secret; the stack's own certificate is there meanwhile (mocks)", async () => {
    const made = await record(() => {
        const foundation = foundationOf(planOf(withAcme));
        new LoadBalancerPair("lb", { foundation, directoryCa: "CERTIFICATE of the directory\n" });
    });
    expect(made.names).toContain("trust-edge-certificate");
    expect(made.names.filter((name) => name.includes("acme"))).toEqual(["trust-acme-account"]);
    const [first, second] = ["lb-lb1-push", "lb-lb2-push"].map((name) => {
        const push = made.get(name);
        expect(leaks(push.sent)).toEqual([]);
        const text = bundleText(push.inputs.stdin);
        expect(text).toContain(canary("trust-acme-account"));
        expect(text).toContain("CERTIFICATE of the directory");
        return /acme-challenge\/.*$|lf-string "[^"]+"/m.exec(text)?.[0];
    });
    expect(first).toMatch(/\.[A-Za-z0-9_-]{43}"$/);
    expect(second).toBe(first);
});

test("a preview of a new stack with ACME registers its account (mocks)", async () => {
    const made = await record(
        () => new LoadBalancerPair("lb", { foundation: foundationOf(planOf(withAcme)) }),
        { preview: true },
    );
    expect(made.names).toContain("trust-acme-account");
    expect(made.names).toContain("lb-lb2-push");
});
