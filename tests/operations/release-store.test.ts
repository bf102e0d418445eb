import { parseContents, upgradeLines } from "../../operations/release-database";
import { partOf } from "../../operations/release-part";
import { checkChange } from "../../operations/release-plan";
import { parseState, words } from "../../operations/release-store";
import { targetOf } from "../../operations/rollback";

const web1 = { name: "web1", address: "10.0.0.1", zone: "private", roles: ["web"] as const };
const state = parseState(
    web1,
    "serial 3\ncurrent r2\nprevious r1\nfree_kib 100\nrelease r1 1000 abc theme a 1.0\nrelease r2 2000 - \n",
);
const facts = {
    dbVersion: 1,
    stylesheet: "child",
    template: "parent",
    plugins: ["shop/shop.php"],
    tables: { wp_posts: 41943040, wp_options: 1 },
};
const contents = parseContents(
    "core wordpress 6.8 60421\ntheme child 1\ntheme old \nplugin shop 2\n",
);

test("a host's state, as its script prints it", () => {
    expect(state).toMatchObject({ serial: 3, current: "r2", previous: "r1", freeKiB: 100 });
    expect(state.releases.map(({ label, tree }) => [label, tree])).toEqual([
        ["theme a 1.0", "abc"],
        ["Debian's package", undefined],
    ]);
    expect(contents).toMatchObject({ version: "6.8", dbVersion: 60421, themes: { old: "" } });
});

test("rollback goes to the release before, and lists what there is where a name is wrong", () => {
    const store = { states: [state], newest: state };
    expect(targetOf(store, undefined).id).toBe("r1");
    expect(() => targetOf(store, "r9")).toThrow(
        /r9 is on no host; there are\n {2}r2 .*\(current\)\n {2}r1/,
    );
    expect(() => targetOf(store, "r2")).toThrow(/is the current one already/);
});

test("what the site uses is not taken away", () => {
    const remove = (order: "remove-theme" | "remove-plugin", name: string) => () => {
        checkChange({ order, name }, contents, facts);
    };
    expect(remove("remove-theme", "child")).toThrow(/activate another theme/);
    expect(remove("remove-plugin", "shop")).toThrow(/deactivate it/);
    expect(remove("remove-theme", "none")).toThrow(/it has child, old/);
    expect(remove("remove-theme", "old")).not.toThrow();
    const data = Buffer.from("<?php\n/* Plugin Name: Shop */");
    const entries = [{ path: "main.php", data, executable: false }];
    const part = partOf("plugin", { text: "shop", name: "shop", entries });
    expect(() => {
        checkChange({ order: part.order, part }, contents, facts);
    }).toThrow(/lacks what the site uses now: shop\/shop\.php/);
});

test("an upgrade of the database says which tables, how large, and how long writes wait", () => {
    const changes = ["Changed type of wp_posts.post_x from a to b"];
    const text = upgradeLines({ code: 2, database: 1, changes }, facts).join("\n");
    expect(text).toContain("wp_posts 40.0 MiB");
    expect(text).not.toContain("wp_options");
    expect(text).toContain("about 2 s");
});

test("words reach a host's shell as they are", () => {
    expect(words("it's", "$x")).toBe(`'it'\\''s' '$x'`);
});
