import { decide, type SiteHere } from "../../operations/import-checks";
import { surveyDump, type Dump } from "../../operations/import-dump";
import { Refusal } from "../../operations/refusal";
import { fixture, here } from "../helpers/dumps";

// What is decided about a dump and a site before anything changes.

let dump: Dump;
beforeAll(async () => {
    dump = await surveyDump(fixture);
});
const wishes = { fromUrl: [], overwrite: false, deactivateMissing: false };

describe("what is decided before anything changes", () => {
    function refusal(site: Partial<SiteHere>, other: Partial<Dump> = {}): string {
        try {
            decide({ ...dump, ...other }, { ...here, ...site }, wishes);
        } catch (error) {
            if (error instanceof Refusal) return error.message;
            throw error;
        }
        return "accepted";
    }

    test("a site that fits is taken as it is", () => {
        expect(decide(dump, here, wishes)).toEqual({
            from: ["http://old.example/blog"],
            missingPlugins: [],
            theme: null,
            upgrade: false,
        });
    });

    test("addresses are those that are given and those of the dump", () => {
        const { from } = decide(dump, here, { ...wishes, fromUrl: ["https://www.old.example"] });
        expect(from).toEqual(["https://www.old.example", "http://old.example/blog"]);
        expect(() => decide(dump, here, { ...wishes, fromUrl: ["old.example"] })).toThrow(
            /--from-url: old\.example is no address of a site/,
        );
    });

    test.each<[string, Partial<SiteHere>, Partial<Dump>, RegExp]>([
        ["a site with content", { posts: 4 }, {}, /has content of its own \(4 posts.*--overwrite/],
        ["one with users", { users: 2 }, {}, /2 users.*--overwrite/],
        [
            "a newer MariaDB",
            {},
            { server: { product: "MariaDB", version: "12.1.2-MariaDB" } },
            /MariaDB 12\.1\.2.*newer than/,
        ],
        [
            "a newer MySQL",
            {},
            { server: { product: "MySQL", version: "9.1.0" } },
            /MySQL 9\.1\.0.*MySQL 8\.4/,
        ],
        [
            "a collation that is not here",
            {},
            { collations: ["utf8mb4_ja_0900_as_cs"] },
            /sorts by utf8mb4_ja_0900_as_cs.*sed -i/,
        ],
        ["a newer WordPress", { dbVersion: 58975 }, {}, /newer WordPress.*testudo release core/],
        [
            "a plugin that is not here",
            { plugins: [] },
            {},
            /plugin guestbook\/guestbook\.php; release it first/,
        ],
        [
            "a theme that is not here",
            { themes: ["other"] },
            {},
            /theme twentytwentyfive; release it first/,
        ],
    ])("%s is refused", (_, site, other, reason) => {
        expect(refusal(site, other)).toMatch(reason);
    });

    test("all reasons come at once, and each wish lifts its own", () => {
        expect(refusal({ posts: 4, plugins: [], dbVersion: 1 }).split("\n")).toHaveLength(4);
        const site = { ...here, posts: 4, plugins: [], themes: ["a", "twentytwentyfour"] };
        expect(
            decide(dump, site, { ...wishes, overwrite: true, deactivateMissing: true }),
        ).toMatchObject({
            missingPlugins: ["guestbook/guestbook.php"],
            theme: "twentytwentyfour",
        });
    });
});
