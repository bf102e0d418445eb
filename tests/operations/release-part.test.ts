import { partOf, type Kind } from "../../operations/release-part";
import type { Source } from "../../operations/release-source";

function source(files: Readonly<Record<string, string>>, name = "given"): Source {
    return {
        text: `/tmp/${name}`,
        name,
        entries: Object.entries(files).map(([path, text]) => ({
            path,
            data: Buffer.from(text),
            executable: false,
        })),
    };
}

const style = "/*\nTheme Name: My theme\nVersion: 1.2\n*/";
const plugin = "<?php\n/**\n * Plugin Name: Mine\n * Version: 3\n */";
const core = {
    "wp-load.php": "<?php",
    "wp-admin/index.php": "<?php",
    "wp-includes/version.php": "<?php\n$wp_version = '6.9';\n$wp_db_version = 60500;\n",
};
const below = (folder: string, files: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));

test("the folder around an archive names what is in it; a directory's own name does otherwise", () => {
    expect(partOf("theme", source({ "mine/style.css": style }))).toMatchObject({
        name: "mine",
        version: "1.2",
        order: "theme",
        entries: [{ path: "style.css" }],
    });
    expect(partOf("theme", source({ "style.css": style })).name).toBe("given");
    expect(partOf("theme", source({ "style.css": style }), "other").name).toBe("other");
});

test("a plugin is known by the file that WordPress can activate", () => {
    const part = partOf("plugin", source({ "m/mine.php": plugin, "m/inc/a.php": plugin }));
    expect(part).toMatchObject({ name: "m", version: "3", plugins: ["m/mine.php"] });
});

test("WordPress says which version of its tables it wants, alone or with a whole site", () => {
    expect(partOf("core", source(below("wordpress", core)))).toMatchObject({
        order: "core",
        version: "6.9",
        dbVersion: 60500,
    });
    expect(partOf("site", source(core)).order).toBe("tree");
    expect(partOf("site", source({ "wp-content/themes/a/style.css": style }))).toMatchObject({
        order: "content",
        entries: [{ path: "themes/a/style.css" }],
    });
    expect(partOf("site", source({ "themes/a/style.css": style })).order).toBe("content");
});

test.each<[Kind, Readonly<Record<string, string>>, RegExp]>([
    ["theme", { "index.php": "<?php" }, /is no theme.*style\.css/],
    ["theme", { "style.css": "body {}" }, /is no theme/],
    ["plugin", { "a.php": "<?php" }, /is no plugin.*Plugin Name/],
    ["plugin", { "style.css": style }, /is no plugin/],
    ["core", { "wp-load.php": "<?php" }, /is no core.*wp-includes\/version\.php/],
    ["site", { "style.css": style }, /is no site.*wp-load\.php/],
])("what is no %s is refused (%o)", (kind, files, message) => {
    expect(() => partOf(kind, source(files))).toThrow(message);
});

test("a name that would lead out of wp-content is refused", () => {
    expect(() => partOf("theme", source({ "style.css": style }), "../mu-plugins")).toThrow(
        /--name/,
    );
});

test("a link that leads out once the folder around everything is gone is refused", () => {
    const file = (path: string, text: string, target?: string) => ({
        path,
        data: Buffer.from(text),
        executable: false,
        ...(target === undefined ? {} : { target }),
    });
    const entries = [
        file("a/link.php", "", "../beside.php"),
        file("a/style.css", "/* Theme Name: A */"),
    ];
    expect(() => partOf("theme", { text: "a.zip", name: "a", entries })).toThrow(
        /is a link that leads out of the release/,
    );
});
