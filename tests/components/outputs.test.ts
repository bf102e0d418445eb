import * as pulumi from "@pulumi/pulumi";
import { GaleraCluster } from "../../components/galera-cluster";
import type { SiteCertificate } from "../../components/host/site-certificate";
import { outputs } from "../../components/outputs";
import { WebTier } from "../../components/web-tier";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { record } from "../helpers/record";

const shop = { name: "shop.example.org", directory: "sites/shop" };

async function outputsOf(
    values: Values,
    own?: Pick<SiteCertificate, "ends">,
): Promise<Record<string, unknown>> {
    const made: Record<string, unknown>[] = [];
    await record(() => {
        const plan = planOf(values);
        const foundation = foundationOf(plan);
        const database = new GaleraCluster("db", { foundation, after: [] });
        const web = new WebTier("web", { foundation, database, after: [] });
        const certificate =
            own === undefined ? undefined : { chain: "", key: "", warnings: [], ...own };
        made.push(
            outputs({
                ...{ plan, trust: foundation.trust, matrix: [], web, tiers: [web] },
                certificate,
            }),
        );
    });
    return made[0] ?? {};
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => {
        output.apply(resolve);
    });
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

test("who is trusted, and until when each certificate is valid, the operator's own among them (mocks)", async () => {
    const found = await outputsOf({}, { ends: new Date("2030-01-02T00:00:00Z") });
    expect(found.authorities).toEqual(["first"]);
    const certificates = await valueOf(found.certificates as pulumi.Output<{ name: string }[]>);
    expect(certificates.map(({ name }) => name)).toEqual([
        "authority first",
        "db1 database",
        "db2 database",
        "db3 database",
        "web1 app",
        "web2 app",
        "web1 web",
        "web2 web",
        "edge (your own)",
    ]);
    expect(certificates.at(-1)).toMatchObject({ ends: "2030-01-02T00:00:00.000Z" });
});
