import * as pulumi from "@pulumi/pulumi";
import { clientPattern, GaleraCluster } from "../../components/galera-cluster";
import { bundleText } from "../helpers/bundles";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { canary, isSecret, record, remembered, type RecordOptions } from "../helpers/record";

const cluster = remembered((options?: RecordOptions, values: Values = {}, living = "none") =>
    record(() => {
        const bastion = new pulumi.ComponentResource("testudo:index:Bastion", "bastion");
        return new GaleraCluster("db", {
            foundation: foundationOf(planOf(values), (host) => host === living),
            after: [bastion],
        });
    }, options),
);

const children = [
    ...["db1", "db2", "db3"].flatMap((host) => [
        `db-${host}-base`,
        `db-${host}-confirm`,
        `db-${host}-push`,
        `db-${host}-ready`,
        `maker-${host}`,
    ]),
    "db-form",
    "db-db2-join",
    "db-db3-join",
    "db-site-password",
].sort();

test("three members, one forming, two joining, one account (mocks)", async () => {
    expect((await cluster()).childrenOf("db")).toEqual(children);
});

test("a preview of a new stack, all keys unknown, registers the same (mocks)", async () => {
    expect((await cluster({ preview: true })).childrenOf("db")).toEqual(children);
});

test("once one is living, members are changed in one chain: pushes, then form, then each other one joins (mocks)", async () => {
    const made = await cluster({}, { database: { count: 5 } }, "db4");
    const chain = [
        ...["db1", "db2", "db3", "db4", "db5"].map((host) => `db-${host}-push`),
        "db-form",
        ...["db2", "db3", "db4", "db5"].map((host) => `db-${host}-join`),
    ];
    for (const [index, later] of chain.entries()) {
        const earlier = chain[index - 1];
        if (earlier !== undefined) expect(made.get(later).waitsFor).toContain(earlier);
        for (const after of chain.slice(index + 1)) expect(made.isAfter(later, after)).toBe(false);
    }
});

test("new members are pushed beside each other, and join one after the other (mocks)", async () => {
    const made = await cluster();
    for (const [one, another] of [
        ["db1", "db2"],
        ["db2", "db3"],
        ["db3", "db1"],
    ])
        expect(made.isAfter(`db-${one ?? ""}-push`, `db-${another ?? ""}-push`)).toBe(false);
    expect(made.get("db-form").waitsFor).toEqual(
        expect.arrayContaining(["db-db1-push", "db-db2-push", "db-db3-push"]),
    );
    expect(made.get("db-db2-join").waitsFor).toContain("db-form");
    expect(made.get("db-db3-join").waitsFor).toContain("db-db2-join");
});

test("no machine of the tier is dialled before the border is closed (mocks)", async () => {
    const made = await cluster();
    for (const host of ["db1", "db2", "db3"]) {
        expect(made.get(`db-${host}-ready`).waitsFor).toEqual(
            expect.arrayContaining(["border", `maker-${host}`]),
        );
    }
});

test("the site's account goes to form on standard input, secret, and from the private network only (mocks)", async () => {
    const form = (await cluster()).get("db-form");
    expect(isSecret(form.sent.stdin)).toBe(true);
    expect(form.inputs.create).toMatch(
        /^# \/usr\/local\/lib\/testudo\/database\/form on db1 [0-9a-f]{16}\n/,
    );
    expect(clientPattern("10.91.1.0/24")).toBe("10.91.1.0/255.255.255.0");
});

test("members are dialled through the bastion at the floating address (mocks)", async () => {
    expect((await cluster()).get("db-db1-push").inputs.connection).toMatchObject({
        host: "10.91.1.41",
        proxy: { host: "10.91.0.10", port: 2222, user: "jump" },
    });
});

test("a ProxySQL asks members by an account of its own, whose password goes to form and nowhere else (mocks)", async () => {
    const made = await cluster({}, { database: { proxy: "proxysql" } });
    expect(made.childrenOf("db")).toEqual([...children, "db-monitor-password"].sort());
    const form = made.get("db-form");
    expect(isSecret(form.sent.stdin)).toBe(true);
    const tar = bundleText(form.inputs.stdin);
    expect(tar).toContain("values/monitor_password");
    expect(tar).toContain(canary("db-monitor-password"));
});
