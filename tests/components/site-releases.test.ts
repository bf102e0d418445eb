import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { phpSitesOf } from "../../components/cluster/sites";
import { GaleraCluster } from "../../components/galera-cluster";
import { WebTier } from "../../components/web-tier";
import { foundationOf } from "../helpers/foundation";
import { planOf } from "../helpers/plans";
import { record, remembered } from "../helpers/record";

const site = {
    application: "php",
    directory: "sites/main",
    environment: { MAIL_KEY: "SECRET of the environment" },
};
const sites = { shop: { name: "shop.example.org", directory: "sites/shop", healthPath: "/up" } };

const tiers = remembered((id: string) => tiersOf(id, {}));

async function tiersOf(id: string, more: object) {
    return record(() => {
        const file = join(mkdtempSync(join(tmpdir(), "testudo-archive-")), `${id}.tar.gz`);
        writeFileSync(file, id);
        const plan = planOf({
            site: { ...site, ...more },
            sites,
            app: { count: 2 },
            cache: { count: 3 },
        });
        const foundation = foundationOf(plan);
        const database = new GaleraCluster("db", { foundation, after: [] });
        const archives = phpSitesOf(plan.config).map((one) => ({ site: one, id, file }));
        return new WebTier("web", { foundation, database, archives, after: [] });
    });
}

test("each site's code is copied to and unpacked on every host, and shown on web hosts (mocks)", async () => {
    const made = await tiers("0123456789abcdef0123");
    for (const name of ["main", "shop"]) {
        expect(made.childrenOf("web").filter((child) => child.includes(`-${name}-`))).toEqual(
            [
                ...["app1", "app2", "web1", "web2"].flatMap((host) => [
                    `web-${host}-${name}-copy`,
                    `web-${host}-${name}-keep`,
                    `web-${host}-${name}-unpack`,
                ]),
                `web-web1-${name}-use`,
                `web-web2-${name}-use`,
            ].sort(),
        );
    }
    expect(made.childrenOf("web")).not.toContain("web-form");
});

test("no visitor gets new code before all hosts have it, and one web host after the other shows it (mocks)", async () => {
    const made = await tiers("0123456789abcdef0123");
    for (const host of ["app1", "app2", "web1", "web2"])
        expect(made.isAfter("web-web1-shop-use", `web-${host}-shop-unpack`)).toBe(true);
    expect(made.isAfter("web-web2-shop-use", "web-web1-shop-use")).toBe(true);
    expect(made.isAfter("web-web1-main-use", "db-form")).toBe(true);
    expect(made.isAfter("web-app1-main-copy", "web-web2-push")).toBe(true);
});

test("nothing is taken away on any host before the last web host shows the new code (mocks)", async () => {
    const made = await tiers("0123456789abcdef0123");
    for (const host of ["app1", "app2", "web1", "web2"])
        expect(made.isAfter(`web-${host}-shop-keep`, "web-web2-shop-use")).toBe(true);
});

test("another document root or environment is a reason to ask the health path again (mocks)", async () => {
    const text = async (more: object) => {
        const made = await tiersOf("0123456789abcdef0123", more);
        const create = made.get("web-web1-main-use").inputs.create;
        expect(typeof create).toBe("string");
        return create;
    };
    const before = await text({});
    expect(await text({})).toBe(before);
    expect(await text({ environment: { MAIL_KEY: "another" } })).not.toBe(before);
    expect(await text({ documentRoot: "public" })).not.toBe(before);
});

test("a copy comes again with a new machine, goes with the old one, and each content has its own name (mocks)", async () => {
    const made = await tiers("0123456789abcdef0123");
    const copy = made.get("web-web1-main-copy");
    expect(copy.deletedWith).toBe("maker-web1");
    expect(copy.inputs.triggers).toEqual(["id-web1"]);
    expect(copy.inputs.remotePath).toBe(
        "/var/lib/testudo/incoming/main-0123456789abcdef0123.tar.gz",
    );
    const other = await tiers("another-content");
    expect(other.get("web-web1-main-use").inputs.create).not.toBe(
        made.get("web-web1-main-use").inputs.create,
    );
});

test("what a site has in its environment is in no command's text (mocks)", async () => {
    const made = await tiers("0123456789abcdef0123");
    for (const one of made.all)
        expect(JSON.stringify(one.inputs.create ?? "")).not.toContain("SECRET of the");
});
