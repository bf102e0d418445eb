import { curl, needsClient } from "./client";
import { whole } from "./cluster";
import { changedStackFile, hostsOf, needsUp, outputs, up } from "./lab";

beforeAll(needsUp);
beforeAll(needsClient);

const shop = {
    name: "shop.example.org",
    aliases: ["store.example.org"],
    redirects: [{ from: "/old", to: "/new?way=moved" }],
    directory: "tests/e2e/shop",
    documentRoot: "public",
    healthPath: "/health.php",
    environment: { SHOP_OWNER: "the end-to-end run" },
    cron: [{ schedule: "minutely", path: "/work.php" }],
};

/** What a visitor outside gets at an address of the shop. */
async function visit(url: string, more: readonly string[] = []): Promise<string> {
    const { vip } = await outputs();
    return curl(["--connect-to", `::${vip}:443`, ...more, url]);
}

const where = ["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"];

describe("a second site, which is not WordPress", () => {
    test("a directory in the stack file is served under its own name, with its environment, on every web host", async () => {
        const finished = await up([], { file: changedStackFile("shop", { sites: { shop } }) });
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        const answers = await visit("https://shop.example.org/[1-8]", ["--include"]);
        expect(answers.match(/^shop of the end-to-end run at shop\.example\.org/gm)).toHaveLength(
            8,
        );
        const served = [...answers.matchAll(/^x-served-by: (\S+)/gim)].map((match) => match[1]);
        expect([...new Set(served)].sort()).toEqual(await hostsOf("web"));
    }, 300_000);

    test("other names lead to it, moved paths to their new place, and the first site is what it was", async () => {
        const { siteUrl } = await outputs();
        expect(await visit("https://store.example.org/a?b=c", where)).toBe(
            "301 https://shop.example.org/a?b=c",
        );
        expect(await visit("https://shop.example.org/old", where)).toMatch(
            /^301 https:\/\/shop\.example\.org\/new\?way=moved$/,
        );
        expect(await curl([siteUrl])).toContain("wp-block-site-title");
    });

    test("what lies beside the document root, and scheduled pages, are for nobody outside", async () => {
        for (const path of ["secret.txt", "..%2fsecret.txt", "work.php", "%2fwork%2ephp"])
            expect(await visit(`https://shop.example.org/${path}`)).not.toMatch(
                /worked|beside the document root/,
            );
        expect(await visit("https://shop.example.org/work.php", where)).toMatch(/^40[34] /);
    });

    test("new code whose health path does not answer 200 is refused by name, and visitors keep the old", async () => {
        const broken = { ...shop, directory: "tests/e2e/shop-broken" };
        const file = changedStackFile("shop-broken", { sites: { shop: broken } });
        const finished = await up([], { file });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toMatch(/testudo:sites\.shop\.healthPath.*503/);
        expect(await visit("https://shop.example.org/")).toContain("shop of");
    }, 300_000);

    test("a missing document root and a name that another site has are refused before anything changes", async () => {
        const sites = {
            shop: { ...shop, documentRoot: "nowhere" },
            second: { ...shop, name: "store.example.org", aliases: [] },
        };
        const finished = await up([], { file: changedStackFile("shop-wrong", { sites }) });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toContain("nothing was changed");
        expect(finished.text).toContain("testudo:sites.shop.documentRoot");
        expect(finished.text).toContain("store.example.org");
    });

    test("taken out of the stack file it is gone, and nothing else is hurt", async () => {
        const finished = await up();
        expect(finished.code).toBe(0);
        expect(await visit("https://shop.example.org/", ["--insecure"])).not.toContain("shop of");
        await whole(60);
    }, 300_000);
});
