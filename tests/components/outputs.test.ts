import * as pulumi from "@pulumi/pulumi";
import { GaleraCluster } from "../../components/galera-cluster";
import { outputs } from "../../components/outputs";
import { WebTier } from "../../components/web-tier";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { record } from "../helpers/record";

const shop = { name: "shop.example.org", directory: "sites/shop" };

async function outputsOf(values: Values): Promise<Record<string, unknown>> {
    const made: Record<string, unknown>[] = [];
    await record(() => {
        const plan = planOf(values);
        const foundation = foundationOf(plan);
        const database = new GaleraCluster("db", { foundation, after: [] });
        const web = new WebTier("web", { foundation, database, after: [] });
        made.push(outputs({ plan, trust: foundation.trust, matrix: [], web, tiers: [web] }));
    });
    return made[0] ?? {};
}

test("WordPress has an admin, whose password is secret; one site has no list of sites (mocks)", async () => {
    const found = await outputsOf({});
    expect(found).toMatchObject({ adminUser: "admin" });
    expect(found).not.toHaveProperty("sites");
    expect(await pulumi.isSecret(found.adminPassword as pulumi.Output<string>)).toBe(true);
});

test("further sites are listed with their addresses, and a PHP site has no admin (mocks)", async () => {
    const site = { application: "php", directory: "sites/main" };
    const found = await outputsOf({ site, sites: { shop } });
    expect(found.sites).toEqual({ shop: "https://shop.example.org/" });
    expect(found).not.toHaveProperty("adminUser");
    expect(found).not.toHaveProperty("adminPassword");
});
