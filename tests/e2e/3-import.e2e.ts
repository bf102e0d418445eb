import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curl, needsClient } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import { checkout, hostsOf, needsUp, outputs, testudo } from "./lab";
import { until } from "./shell";
import { fromWeb } from "./site";

beforeAll(needsUp);
beforeAll(needsClient);

const fixtures = join(checkout, "tests", "fixtures");
const picture = "/wp-content/uploads/2024/03/garden.jpg";

/** A page as it is made now, not as it was kept. */
async function made(path: string): Promise<string> {
    const { siteUrl } = await outputs();
    const url = new URL(path, siteUrl);
    url.searchParams.set("fresh", String(Date.now()));
    return curl(["--location", url.href]);
}

function title(page: string): string {
    return /<title>(.*?)<\/title>/.exec(page)?.[1] ?? page.slice(0, 200);
}

describe("a site from elsewhere", () => {
    let folder = "";
    let ours = "";
    const bringIn = (...more: string[]) =>
        testudo([
            ...["import", "--dump", join(fixtures, "wordpress-export.sql")],
            ...["--uploads", join(folder, "uploads"), "--overwrite", ...more],
        ]);

    beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), "testudo-e2e-"));
        const place = join(folder, "uploads", "2024", "03");
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, "garden.jpg"), "a garden");
        await whole(180);
        ours = title(await made("/"));
    });
    afterAll(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    test("is refused while a plugin that it uses is not here; nothing changes", async () => {
        const refused = await bringIn();
        expect([refused.code, refused.text]).toEqual([1, expect.stringContaining("guestbook")]);
        expect(title(await made("/"))).toBe(ours);
    });

    test("comes in whole once its plugin is released: text, serialised data, pictures, and no old address", async () => {
        const released = await testudo([
            ...["release", "plugin", join(fixtures, "guestbook"), "--yes"],
        ]);
        expect([released.code, released.text.slice(-2000)]).toEqual([0, expect.anything()]);
        const finished = await bringIn();
        expect([finished.code, finished.text.slice(-3000)]).toEqual([0, expect.anything()]);
        figure("import of a site", finished.seconds, "s");
        const page = await made("/?p=6");
        // The plugin says so, from an object in the options whose text holds the old address.
        expect(page).toContain("Guestbook is open.");
        // Its neighbours, http://old.example.org/blog/ and http://old.example/blogger, are other sites.
        expect(page).not.toMatch(/old\.example\/blog(?!ger)/);
        expect(page).toContain("old.example.org/blog/");
        expect(title(await made("/"))).not.toBe(ours);
        for (const web of await hostsOf("web"))
            expect([web, (await fromWeb(web, picture)).split("\r\n\r\n")[1]]).toEqual([
                web,
                "a garden",
            ]);
    });

    test("goes aside again, and the site from before is back", async () => {
        const undone = await testudo(["import", "--undo"]);
        expect([undone.code, undone.text.slice(-2000)]).toEqual([0, expect.anything()]);
        figure("import undone", undone.seconds, "s");
        await until("the site from before", 30, async () =>
            title(await made("/")) === ours ? [] : ["the front page is the imported one"],
        );
        // Its plugin goes as well: what follows finds the releases that it knows.
        const finished = await testudo(["rollback", "--yes"]);
        expect([finished.code, finished.text.slice(-2000)]).toEqual([0, expect.anything()]);
        await whole(60);
    });
});
