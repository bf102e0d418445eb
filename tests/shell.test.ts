import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { filesOf } from "./helpers/facts";
import { existing, hostOf, full, largest, otherEngines, planOf, withAcme } from "./helpers/plans";
import { filesBelow, root, textOf } from "./helpers/sources";

// shellcheck over every shell script: ours as they are, those of hosts as they are rendered.

const found = spawnSync("shellcheck", ["--version"], { encoding: "utf8" });
const missing = found.error !== undefined;
const folders = [
    "components/machines/incus",
    "components/machines/ssh",
    "config-templates/_shared",
    "platform",
    "tools",
    "tests",
];

function isShell(text: string): boolean {
    return /^#!\/(usr\/)?bin\/(env )?(ba)?sh\b|^# shellcheck shell=/.test(text);
}

// A reader that has seen enough leaves, what still writes gets an error, and `pipefail` makes that the answer.
test("under pipefail nobody leaves a pipe before its end: grep -q < <(command)", () => {
    const leaves = /\|\s*(grep\b[^|]*(\s-\w*q|>\s*\/dev\/null)|awk\b[^|]*\bexit\b)/;
    const early = filesBelow("config-templates")
        .map((path) => ({ path, text: textOf(path) }))
        .filter(({ text }) => !text.startsWith("#!/bin/sh"))
        .flatMap(({ path, text }) =>
            text
                .split("\n")
                .filter((line) => !/^\s*#/.test(line) && leaves.test(line.replaceAll("||", "\n")))
                .map((line) => `${path}: ${line.trim()}`),
        );
    expect(early).toEqual([]);
});

if (missing) {
    test.skip("shellcheck is not installed (Debian: apt-get install shellcheck): scripts are not checked", () =>
        undefined);
} else {
    test("shellcheck finds nothing in the repository's own scripts", () => {
        const scripts = [".ci", ...folders]
            .flatMap((folder) =>
                filesBelow(".").some((path) => path.startsWith(`${folder}/`))
                    ? filesBelow(folder)
                    : [],
            )
            .filter((path) => isShell(textOf(path)))
            // Those have places for values in them and are looked at as rendered.
            .filter(
                (path) => !/^config-templates\/_shared\/(floating-address|uploads)\//.test(path),
            );
        expect(scripts.length).toBeGreaterThan(10);
        expect(shellcheck(root, scripts)).toBe("");
    });

    test("shellcheck finds nothing in the scripts of hosts, as rendered", () => {
        const folder = mkdtempSync(join(tmpdir(), "testudo-shell-"));
        const plan = planOf(largest);
        const files = ["lb1", "db1", "cache1", "web1"].flatMap((name) =>
            [...filesOf(plan, hostOf(plan, name)).values()].flat(),
        );
        const others = planOf(otherEngines);
        const more = ["db1", "web1"]
            .flatMap((name) => [...filesOf(others, hostOf(others, name)).values()].flat())
            .filter((file) => !files.some(({ path }) => path === file.path));
        const inner = planOf(full);
        const pair = ["inner1", "storage1", "web1"].flatMap((name) =>
            [...filesOf(inner, hostOf(inner, name)).values()].flat(),
        );
        const taken = planOf(existing);
        const names = [...filesOf(taken, hostOf(taken, "db1")).values()]
            .flat()
            .filter(({ path }) => path.endsWith("/base/hosts"));
        const acme = planOf(withAcme);
        const edge = [...filesOf(acme, hostOf(acme, "lb1")).values()].flat();
        const scripts = [
            ...files,
            ...names,
            ...more,
            ...edge.filter(({ path }) => !files.some((file) => file.path === path)),
            ...pair.filter((file) => /inner-|storage|uploads/.test(file.path)),
        ].filter((file) => isShell(file.content));
        for (const { path, content } of scripts) {
            mkdirSync(join(folder, dirname(path)), { recursive: true });
            writeFileSync(join(folder, path), content);
            // The name that the templates know it by.
            if (path.endsWith("/lib.sh")) writeFileSync(join(folder, `${path}.mustache`), content);
        }
        // A list of one host makes a loop that runs once.
        const said = shellcheck(
            folder,
            [...new Set(scripts.map(({ path }) => path.slice(1)))],
            ",SC2043",
        );
        rmSync(folder, { recursive: true });
        expect(scripts.length).toBeGreaterThan(15);
        expect(said).toBe("");
    });
}

/** Parts that others source take their variables from there. */
function shellcheck(folder: string, scripts: string[], known = ""): string {
    const isPart = (path: string) => !readFileSync(join(folder, path), "utf8").startsWith("#!");
    const parts = scripts.filter(isPart);
    const programs = scripts.filter((path) => !isPart(path));
    const run = (files: string[], exclude: string) =>
        spawnSync(
            "shellcheck",
            ["-x", "--source-path=SCRIPTDIR", "--format=gcc", `--exclude=${exclude}`, ...files],
            { cwd: folder, encoding: "utf8" },
        );
    return [run(programs, `SC1091${known}`), run(parts, "SC1091,SC2154,SC2034")]
        .map(({ stdout, stderr }) => stdout + stderr)
        .join("");
}
