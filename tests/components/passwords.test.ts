import * as pulumi from "@pulumi/pulumi";
import { GaleraCluster } from "../../components/galera-cluster";
import { RedisSentinel } from "../../components/redis-sentinel";
import { WebTier } from "../../components/web-tier";
import main from "../../index";
import { FakeIncus } from "../helpers/fake-incus";
import { foundationOf } from "../helpers/foundation";
import { planOf, rawConfig, smallest, type Values } from "../helpers/plans";
import { isSecret, record, remembered } from "../helpers/record";

// In which order passwords change, and what does not change with them (mocks).

let incus: FakeIncus;
beforeAll(() => {
    incus = new FakeIncus();
});
afterAll(() => {
    incus.remove();
});

const full: Values = { ...smallest, preset: "full" };
const program = remembered((values: Values) => {
    pulumi.runtime.setAllConfig(rawConfig(values));
    return record(main);
});
const tiers = remembered((unborn: string[]) =>
    record(() => {
        const foundation = foundationOf(planOf(full), (host) => !unborn.includes(host));
        const database = new GaleraCluster("db", { foundation, after: [] });
        const cache = new RedisSentinel("cache", { foundation, after: [] });
        return new WebTier("web", { foundation, database, cache, after: [] });
    }),
);

const all = (generation: number): Values => ({
    ...full,
    passwords: { sql: generation, redis: generation, admin: generation, keys: generation },
});
const resources = [
    ...["sessions", "objects", "replication", "sentinel", "gate", "operator"].map(
        (account) => `cache-${account}-password`,
    ),
    "db-site-password",
    "web-admin-password",
    "web-salts",
].sort();

/** Names of the steps on hosts whose text another configuration changes. */
async function changedBy(values: Values): Promise<string[]> {
    const [before, after] = [await program(full), await program(values)];
    return (
        after
            .ofType("command:remote:Command")
            .filter(({ name, inputs }) => before.get(name).inputs.create !== inputs.create)
            .map(({ name }) => name)
            // Its text names machines, which are new in each run here.
            .filter((name) => name !== "storage-form")
            .sort()
    );
}

test("passwords of the first generation have no number, those of another one do, and then there are no others", async () => {
    const names = async (values: Values) =>
        (await program(values))
            .ofType("random:index/randomPassword:RandomPassword")
            .map(({ name }) => name)
            .filter((name) => name !== "trust-stack-key")
            .sort();
    expect(await names(full)).toEqual(resources);
    expect(await names(all(1))).toEqual(resources);
    expect(await names(all(7))).toEqual(resources.map((name) => `${name}-7`).sort());
});

test("one group changes nothing of the others", async () => {
    expect(await changedBy({ ...full, passwords: { sql: 2 } })).toEqual([
        "db-form",
        "db-retire",
        "web-app1-app-push",
        "web-app2-app-push",
    ]);
    expect(await changedBy({ ...full, passwords: { redis: 2 } })).toEqual([
        "cache-cache1-push",
        "cache-cache1-retire",
        "cache-cache2-join",
        "cache-cache2-push",
        "cache-cache2-retire",
        "cache-cache3-join",
        "cache-cache3-push",
        "cache-cache3-retire",
        "cache-form",
        "web-app1-app-push",
        "web-app2-app-push",
    ]);
    expect(await changedBy({ ...full, passwords: { admin: 2 } })).toEqual(["web-form"]);
    expect(await changedBy({ ...full, passwords: { keys: 2 } })).toEqual([
        "web-app1-app-push",
        "web-app2-app-push",
    ]);
});

test("new passwords are accepted before PHP gets them, where PHP is at work; on new hosts nobody waits for a cluster", async () => {
    const plan = planOf(full);
    const atWork = await tiers(["cache1", "app1"]);
    const fresh = await tiers(plan.hosts.map(({ name }) => name));
    for (const accepted of ["db-form", "cache-form", "cache-cache3-join"]) {
        for (const push of ["web-app1-app-push", "web-app2-app-push"]) {
            expect([accepted, push, atWork.isAfter(push, accepted)]).toEqual([
                accepted,
                push,
                true,
            ]);
            // The processors are the database's until its first member is open.
            expect(fresh.isAfter(push, accepted)).toBe(accepted === "db-form");
        }
    }
});

test("a member that is made anew is pushed to last: it knows the new passwords alone", async () => {
    const made = await tiers(["cache1"]);
    expect(made.get("cache-cache1-push").waitsFor).toContain("cache-cache3-push");
    expect(made.isAfter("cache-cache2-push", "cache-cache1-push")).toBe(false);
    expect(made.get("cache-form").waitsFor).toContain("cache-cache1-push");
    const others = await tiers([]);
    expect(others.get("cache-cache3-push").waitsFor).toContain("cache-cache2-push");
});

test("members use new passwords when all of them accept them, and old ones are refused when PHP has the new", async () => {
    const made = await program(full);
    const pushes = ["cache1", "cache2", "cache3"].map((host) => `cache-${host}-push`);
    const uses = ["cache-form", "cache-cache2-join", "cache-cache3-join"];
    for (const use of uses) for (const push of pushes) expect(made.isAfter(use, push)).toBe(true);
    for (const retire of ["db-retire", ...pushes.map((push) => push.replace("push", "retire"))]) {
        for (const before of ["web-app1-app-push", "web-app2-app-push", "web-web2-push"])
            expect([retire, before, made.isAfter(retire, before)]).toEqual([retire, before, true]);
        expect(isSecret(made.get(retire).sent.stdin)).toBe(true);
    }
    for (const use of uses) {
        expect(made.isAfter("cache-cache1-retire", use)).toBe(true);
        expect(isSecret(made.get(use).sent.stdin)).toBe(true);
    }
});

test("what retires passwords is not run again by another change", async () => {
    const changed = await changedBy({
        ...full,
        cache: { sessionsMiB: 32 },
        site: { title: "Other" },
    });
    expect(changed).toContain("cache-cache1-push");
    expect(changed.filter((name) => name.endsWith("retire"))).toEqual([]);
});

test.each([[0], [1.5], ["two"], [-1]])(
    "a generation of %p is refused, and not shown",
    async (sql) => {
        const refused: string[] = [];
        await record(async () => {
            pulumi.runtime.setAllConfig(rawConfig({ ...full, passwords: { sql } }));
            await main().catch((error: unknown) => refused.push(String(error)));
        });
        expect(refused.join()).toMatch(/1 fault in .*testudo:passwords\.sql/s);
        expect(refused.join()).toContain("(not shown)");
    },
);
