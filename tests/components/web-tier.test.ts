import { GaleraCluster } from "../../components/galera-cluster";
import { LoadBalancerPair } from "../../components/load-balancer-pair";
import { WebTier } from "../../components/web-tier";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { isSecret, record, remembered, type RecordOptions } from "../helpers/record";

const tiers = remembered((options?: RecordOptions, values: Values = {}, living = "none") =>
    record(() => {
        const foundation = foundationOf(planOf(values), (host) => host === living);
        const balancers = new LoadBalancerPair("lb", { foundation });
        const database = new GaleraCluster("db", { foundation, after: balancers.pushes });
        return new WebTier("web", { foundation, database, after: balancers.pushes });
    }, options),
);

const children = [
    ...["web1", "web2"].flatMap((host) => [
        `maker-${host}`,
        `web-${host}-app-push`,
        `web-${host}-base`,
        `web-${host}-confirm`,
        `web-${host}-push`,
        `web-${host}-ready`,
    ]),
    "web-admin-password",
    "web-form",
    "web-salts",
].sort();

test("two hosts, one installation, the passwords of the site (mocks)", async () => {
    expect((await tiers({}, {})).childrenOf("web")).toEqual(children);
});

test("a preview of a new stack, all keys unknown, registers the same (mocks)", async () => {
    expect((await tiers({ preview: true })).childrenOf("web")).toEqual(children);
});

test("once one is living, web hosts are changed one after the other (mocks)", async () => {
    const made = await tiers({}, { web: { count: 4 } }, "web1");
    for (const [later, earlier] of [
        ["web2", "web1"],
        ["web3", "web2"],
        ["web4", "web3"],
    ]) {
        expect(made.get(`web-${later ?? ""}-push`).waitsFor).toContain(`web-${earlier ?? ""}-push`);
    }
    expect(made.get("web-web1-app-push").waitsFor).toContain("db-db3-join");
});

test("new web hosts are pushed side by side; the site is installed after all of them and the first member of the database (mocks)", async () => {
    const made = await tiers({}, { web: { count: 4 } });
    const pushesBefore = (step: string) =>
        made.get(step).waitsFor.filter((name) => /^web-web\d-push$/.test(name));
    expect(pushesBefore("web-web4-push")).toEqual([]);
    expect(pushesBefore("web-form").sort()).toEqual(
        ["web1", "web2", "web3", "web4"].map((host) => `web-${host}-push`),
    );
    expect(made.get("web-form").waitsFor).toContain("db-form");
    expect(made.get("web-form").waitsFor).not.toContain("db-db2-join");
});

test("PHP is pushed to all its hosts before a web host names a new release (mocks)", async () => {
    const merged = await tiers({}, {});
    expect(merged.get("web-web1-push").waitsFor).toContain("web-web2-app-push");
    const apart = await tiers({}, { app: { count: 2 }, cache: { count: 3 } });
    expect(apart.get("web-web1-push").waitsFor).toEqual(
        expect.arrayContaining(["web-app1-app-push", "web-app2-app-push"]),
    );
    expect(apart.childrenOf("web")).not.toContain("web-web1-app-push");
});

test("private hosts are not dialled before the bastion answers on both balancers (mocks)", async () => {
    const made = await tiers({}, {});
    for (const name of ["web-web1-ready", "web-web2-ready", "db-db1-ready", "db-db3-ready"]) {
        expect(made.get(name).waitsFor).toEqual(
            expect.arrayContaining(["lb-lb1-push", "lb-lb2-push"]),
        );
    }
});

test("a change of the site's title runs the installation again, one of the mail relay only the pushes (mocks)", async () => {
    const text = async (name: string, values: Values) =>
        (await tiers({}, values)).get(name).inputs.create;
    const mail = { relay: "192.0.2.25", from: "a@example.org" };
    expect(await text("web-form", { site: { title: "Other" } })).not.toBe(
        await text("web-form", {}),
    );
    expect(await text("web-form", { mail })).toBe(await text("web-form", {}));
    expect(await text("web-web1-app-push", { mail })).not.toBe(await text("web-web1-app-push", {}));
});

test("what the installation is told travels on standard input, secret (mocks)", async () => {
    const form = (await tiers({}, {})).get("web-form");
    expect(isSecret(form.sent.stdin)).toBe(true);
    expect(form.inputs.create).toContain(
        '"$bundle/engine/run" "$bundle" /usr/local/lib/testudo/app/install',
    );
});
