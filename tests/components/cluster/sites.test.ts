import { parseConfig } from "../../../components/cluster/config";
import { namesOf, phpSitesOf, siteFaults, sitesOf } from "../../../components/cluster/sites";

const shop = { name: "shop.example.org", directory: "sites/shop" };

function configOf(site: object, sites: object = {}) {
    const { value, faults } = parseConfig("dev", {
        "testudo:platform": "incus",
        "testudo:preset": "small",
        "testudo:site": JSON.stringify(site),
        "testudo:sites": JSON.stringify(sites),
    });
    if (value === undefined || faults.length > 0) throw new Error(JSON.stringify(faults));
    return value;
}

function keys(site: object, sites: object = {}): string[] {
    return siteFaults(configOf(site, sites)).map((fault) => fault.key);
}

test("without a word about it there is one WordPress at the floating address", () => {
    const config = configOf({});
    expect(sitesOf(config)).toEqual([
        {
            id: "main",
            key: "site",
            host: "10.91.0.10",
            aliases: [],
            redirects: [],
            code: "wordpress",
        },
    ]);
    expect(siteFaults(config)).toEqual([]);
    expect(namesOf({ config, vip: "10.91.0.10" })).toEqual([]);
});

test("a PHP site knows where its files are, as short as they can be said", () => {
    const config = configOf(
        { application: "php", directory: "sites/main/", documentRoot: "./public/" },
        { shop: { ...shop, documentRoot: "." } },
    );
    expect(siteFaults(config)).toEqual([]);
    expect(phpSitesOf(config).map(({ id, code }) => [id, code.documentRoot])).toEqual([
        ["main", "public"],
        ["shop", ""],
    ]);
});

test("the edge certificate has every name once", () => {
    const config = configOf(
        { name: "www.example.org", aliases: ["example.org"] },
        { shop: { ...shop, aliases: ["store.example.org"] } },
    );
    expect(namesOf({ config, vip: "10.91.0.10" })).toEqual([
        "www.example.org",
        "example.org",
        "shop.example.org",
        "store.example.org",
    ]);
});

test.each<[string, object, object, string[]]>([
    ["a name of two sites", { name: "shop.example.org" }, { shop }, ["testudo:sites.shop.name"]],
    [
        "an alias that is another site's name",
        { name: "www.example.org", aliases: ["shop.example.org"] },
        { shop },
        ["testudo:sites.shop.name"],
    ],
    [
        "a name twice in one site",
        { name: "www.example.org", aliases: ["www.example.org"] },
        {},
        ["testudo:site.aliases.0"],
    ],
    ["an alias of a site without a name", { aliases: ["example.org"] }, {}, ["testudo:site.name"]],
    ["a PHP site without a directory", { application: "php" }, {}, ["testudo:site.directory"]],
    ["WordPress with a directory", { directory: "sites/x" }, {}, ["testudo:site.directory"]],
    [
        "a directory outside of the project",
        { application: "php", directory: "../secrets" },
        {},
        ["testudo:site.directory"],
    ],
    [
        "a directory that is not relative",
        {},
        { shop: { ...shop, directory: "/etc" } },
        ["testudo:sites.shop.directory"],
    ],
    ...[".", "sites/.."].map((directory): [string, object, object, string[]] => [
        `the project itself, ${directory}`,
        {},
        { shop: { ...shop, directory } },
        ["testudo:sites.shop.directory"],
    ]),
    ...["/", "/index.php", "/index.php/tasks", "/tasks/", "/-"].map(
        (path): [string, object, object, string[]] => [
            `scheduled work at ${path}`,
            {},
            { shop: { ...shop, cron: [{ schedule: "hourly", path }] } },
            ["testudo:sites.shop.cron.0.path"],
        ],
    ),
    [
        "a redirect of a scheduled path",
        {},
        {
            shop: {
                ...shop,
                cron: [{ schedule: "hourly", path: "/tasks" }],
                redirects: [{ from: "/tasks", to: "/" }],
            },
        },
        ["testudo:sites.shop.redirects.0.from"],
    ],
    [
        "a redirect of what makes all pages",
        { redirects: [{ from: "/index.php", to: "/" }] },
        {},
        ["testudo:site.redirects.0.from"],
    ],
    ...[
        "http://www.example.org/a",
        "https://www.example.org:443/a",
        "https://example.org/a",
        "//www.example.org/a",
        "/a?again=1",
    ].map((to): [string, object, object, string[]] => [
        `a redirect to itself by way of ${to}`,
        { name: "www.example.org", aliases: ["example.org"], redirects: [{ from: "/a", to }] },
        {},
        ["testudo:site.redirects.0"],
    ]),
    [
        "a document root outside of the directory",
        {},
        { shop: { ...shop, documentRoot: "public/../../other" } },
        ["testudo:sites.shop.documentRoot"],
    ],
    [
        "a path that is sent to two places",
        {
            redirects: [
                { from: "/a", to: "/b" },
                { from: "/a", to: "/c" },
            ],
        },
        {},
        ["testudo:site.redirects.1.from"],
    ],
    [
        "a redirect to itself",
        { redirects: [{ from: "/a", to: "/a" }] },
        {},
        ["testudo:site.redirects.0"],
    ],
    [
        "redirects in a circle, by way of another site and its alias",
        { name: "www.example.org", redirects: [{ from: "/a", to: "https://store.example.org/b" }] },
        {
            shop: {
                ...shop,
                aliases: ["store.example.org"],
                redirects: [{ from: "/b", to: "https://www.example.org/a" }],
            },
        },
        ["testudo:site.redirects.0"],
    ],
])("refuses %s", (_, site, sites, expected) => {
    expect(keys(site, sites)).toEqual(expect.arrayContaining(expected));
});

test("takes redirects that end somewhere, also through several", () => {
    expect(
        keys({
            redirects: [
                { from: "/a", to: "/b" },
                { from: "/b", to: "/c?x=1" },
            ],
        }),
    ).toEqual([]);
});

test.each(["REMOTE_ADDR", "HTTPS", "SCRIPT_FILENAME", "DOCUMENT_ROOT", "SERVER_NAME", "PATH_INFO"])(
    "what PHP knows of a request is no name of the environment: %s",
    (name) => {
        const environment = { [name]: "1" };
        expect(() => configOf({ application: "php", directory: "a", environment })).toThrow(
            "neither PHP nor Testudo",
        );
    },
);

test("an environment is not repeated on a screen", () => {
    const { faults } = parseConfig("dev", {
        "testudo:platform": "incus",
        "testudo:preset": "small",
        "testudo:site": JSON.stringify({ environment: { lower: "canary", NUMBER: 5 } }),
    });
    expect(faults).toHaveLength(2);
    expect(JSON.stringify(faults)).not.toContain("canary");
    expect(JSON.stringify(siteFaults(configOf({ environment: { A: "canary" } })))).not.toContain(
        "canary",
    );
});
