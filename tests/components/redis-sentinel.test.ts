import * as pulumi from "@pulumi/pulumi";
import { RedisSentinel } from "../../components/redis-sentinel";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { isSecret, record, remembered, type RecordOptions } from "../helpers/record";

const cluster = remembered((options?: RecordOptions, values: Values = {}) =>
    record(() => {
        const bastion = new pulumi.ComponentResource("testudo:index:Bastion", "bastion");
        return new RedisSentinel("cache", {
            foundation: foundationOf(planOf({ preset: "full", ...values })),
            after: [bastion],
        });
    }, options),
);

const accounts = ["sessions", "objects", "replication", "sentinel", "gate", "operator"];
const children = [
    ...["cache1", "cache2", "cache3"].flatMap((host) => [
        `cache-${host}-base`,
        `cache-${host}-confirm`,
        `cache-${host}-push`,
        `cache-${host}-ready`,
        `maker-${host}`,
    ]),
    "cache-form",
    "cache-cache2-join",
    "cache-cache3-join",
    ...accounts.map((account) => `cache-${account}-password`),
].sort();

test("three members, one forming, two joining, an account for each purpose (mocks)", async () => {
    expect((await cluster()).childrenOf("cache")).toEqual(children);
});

test("a preview of a new stack, all keys unknown, registers the same (mocks)", async () => {
    expect((await cluster({ preview: true })).childrenOf("cache")).toEqual(children);
});

test("members are changed in one chain: pushes, then form, then each other one joins (mocks)", async () => {
    const made = await cluster({}, { cache: { count: 5 } });
    const hosts = ["cache1", "cache2", "cache3", "cache4", "cache5"];
    const chain = [
        ...hosts.map((host) => `cache-${host}-push`),
        "cache-form",
        ...hosts.slice(1).map((host) => `cache-${host}-join`),
    ];
    for (const [index, later] of chain.entries()) {
        const earlier = chain[index - 1];
        if (earlier !== undefined) expect(made.get(later).waitsFor).toContain(earlier);
        for (const after of chain.slice(index + 1)) expect(made.isAfter(later, after)).toBe(false);
    }
});

test("no machine of the tier is dialled before the border is closed (mocks)", async () => {
    const made = await cluster();
    for (const host of ["cache1", "cache2", "cache3"]) {
        expect(made.get(`cache-${host}-ready`).waitsFor).toEqual(
            expect.arrayContaining(["border", `maker-${host}`]),
        );
    }
});

test("passwords fit into a URL and an ACL line, and travel secret on standard input (mocks)", async () => {
    const made = await cluster();
    for (const account of accounts) {
        expect(made.get(`cache-${account}-password`).inputs).toMatchObject({
            length: 32,
            special: false,
        });
    }
    expect(isSecret(made.get("cache-cache1-push").sent.stdin)).toBe(true);
});
