import { posix } from "node:path";
import { roles } from "../components/roles/all";
import { namesIn } from "../components/roles/role";
import { isVendorPackage } from "../components/roles/vendor-packages";
import { filesOf } from "./helpers/facts";
import { full, largest, onAws, otherEngines, planOf, withAcme } from "./helpers/plans";
import { filesBelow, importsOf, modulesBelow, textOf } from "./helpers/sources";

// Laws over all sources and roles. Laws over what the program registers: program.test.ts.

const modules = ["index.ts", ...modulesBelow("components")];
const plans = [largest, otherEngines, full, onAws, withAcme].map((config) => planOf(config));
const everyFile = roles.flatMap((role) =>
    role.files.map((file) => ({ role, file, name: `${role.name} ${file.path}` })),
);

const templateOf = (role: { stem: string }, file: { path: string; template?: string }) =>
    `config-templates/${file.template ?? `${role.stem}${file.path}.mustache`}`;

/** Templates that others include: `{{> haproxy/choice}}`. */
const parts = new Set(
    filesBelow("config-templates").flatMap((path) =>
        [...textOf(path).matchAll(/\{\{> *([\w./-]+) *\}\}/g)].map(
            ([, name = ""]) => `config-templates/_shared/${name}.mustache`,
        ),
    ),
);

describe("sources", () => {
    test("index.ts has at most 100 lines, every other module at most 250", () => {
        const sizes = [
            ...modules,
            ...modulesBelow("tests").filter((path) => !path.startsWith("tests/e2e/")),
        ].map((path): [string, number] => [path, textOf(path).split("\n").length - 1]);
        const tooLong = sizes.filter(([path, lines]) => lines > (path === "index.ts" ? 100 : 250));
        expect(tooLong).toEqual([]);
    });

    test("only components/machines knows a platform: its providers, and commands on the operator's machine", () => {
        const platform =
            /@pulumi\/(aws|azure|gcp|openstack|libvirt)|command\.local\b|@pulumi\/command\/local/;
        const strangers = modules
            .filter((path) => !path.startsWith("components/machines/"))
            .filter((path) => platform.test(textOf(path)));
        expect(strangers).toEqual([]);
        expect(modules.filter((path) => platform.test(textOf(path)))).not.toEqual([]);
    });

    test.each(["components/cluster", "components/roles"])(
        "%s is pure: it reaches no Pulumi, not even through others",
        (folder) => {
            const seen = new Set<string>();
            const reach = (path: string): string[] => {
                if (seen.has(path)) return [];
                seen.add(path);
                return importsOf(path).flatMap((name) => {
                    if (name.startsWith("@pulumi/")) return [`${path}: ${name}`];
                    if (!name.startsWith(".")) return [];
                    return reach(`${posix.join(posix.dirname(path), name)}.ts`);
                });
            };
            expect(modulesBelow(folder).flatMap(reach)).toEqual([]);
            expect(seen.size).toBeGreaterThan(5);
        },
    );

    test("one stem: every component and every role has its test", () => {
        const tests = filesBelow("tests");
        const subjects = modules.filter((path) =>
            /extends pulumi\.ComponentResource|: Role<[\w, ]+> = \{/.test(textOf(path)),
        );
        const missing = subjects
            .map((path) => `tests/${path.replace(/\.ts$/, ".test.ts")}`)
            .filter((path) => !tests.includes(path));
        expect(subjects.length).toBeGreaterThan(8);
        expect(missing).toEqual([]);
    });

    test("every dependency is pinned to one version", () => {
        const manifest = JSON.parse(textOf("package.json")) as Record<
            string,
            Record<string, string>
        >;
        const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
        expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    });

    test("the lock file names no registry", () => {
        expect(textOf("package-lock.json")).not.toContain('"resolved":');
    });
});

describe("roles", () => {
    test("every file with a template has one, and every template is some role's file", () => {
        const used = everyFile
            .filter(({ file }) => file.content === undefined)
            .map(({ role, file }) => templateOf(role, file));
        // The engine is no role's file, and parts stand in others.
        const there = filesBelow("config-templates").filter(
            (path) => !path.startsWith("config-templates/_shared/engine/") && !parts.has(path),
        );
        expect([...new Set(used)].sort()).toEqual(there);
    });

    test("the first lines of every template say whose it is, in the file's own comments", () => {
        const there = filesBelow("config-templates").filter(
            (path) => path.endsWith(".mustache") && !parts.has(path),
        );
        const silent = there.filter(
            (path) => !/testudo/i.test(textOf(path).split("\n").slice(0, 4).join("\n")),
        );
        // Every line of it is a relay.
        expect(silent).toEqual(["config-templates/app-tier/etc/nullmailer/remotes.mustache"]);
    });

    test("every file has a checker, or says why there is none", () => {
        for (const { file, name } of everyFile) {
            const said = typeof file.check === "string" ? file.check : file.check.none;
            expect([name, said.length]).toEqual([name, expect.any(Number)]);
            expect(said.trim()).not.toBe("");
        }
    });

    test("what the manifest carries fits on its line: one path, owner, mode, action and checker", () => {
        for (const { file, name } of everyFile) {
            expect([name, file.path]).toEqual([name, expect.stringMatching(/^\/[\w./@-]+$/)]);
            expect(file.owner ?? "root:root").toMatch(/^[a-z_][\w-]*:[a-z_][\w-]*$/);
            expect([name, file.mode ?? "0644"]).toEqual([
                name,
                expect.stringMatching(/^0[0-7]{3}$/),
            ]);
            expect(file.onChange ?? "none").toMatch(
                /^(none|(restart|reload) [\w@.-]+\.(service|timer|socket)|run \/[\w./-]+)$/,
            );
            if (typeof file.check === "string") expect(file.check).not.toMatch(/[\t\n]/);
        }
    });

    test("no path belongs to two roles of one host", () => {
        const twice = plans.flatMap((one) =>
            one.hosts.flatMap((host) => {
                const paths = [...filesOf(one, host).values()].flat().map(({ path }) => path);
                return paths
                    .filter((path, index) => paths.indexOf(path) !== index)
                    .map((path) => `${host.name}:${path}`);
            }),
        );
        expect(twice).toEqual([]);
    });

    test("whoever else may read a file, no secret is in it", () => {
        const open = plans.flatMap((one) =>
            one.hosts.flatMap((host) =>
                [...filesOf(one, host).values()]
                    .flat()
                    .filter((file) => /SECRET|PLACEHOLDER/.test(file.content))
                    .filter((file) => !/^0[0-7][04]0$/.test(file.mode))
                    .map((file) => `${host.name}:${file.path} ${file.mode}`),
            ),
        );
        expect(open).toEqual([]);
    });

    test("what runs on a host is executable, and only that", () => {
        for (const { role, file, name } of everyFile.filter(
            ({ file: one }) => one.content === undefined,
        )) {
            const text = textOf(templateOf(role, file));
            expect([name, (file.mode ?? "0644") === "0755"]).toEqual([name, text.startsWith("#!")]);
        }
    });

    test("a script that an action runs is put there by a role, or by Debian", () => {
        const paths = everyFile.map(({ file }) => file.path);
        const actions = everyFile.flatMap(
            ({ file }) => /^run (.*)$/.exec(file.onChange ?? "")?.[1] ?? [],
        );
        expect(
            actions.filter((path) => !paths.includes(path) && !path.startsWith("/usr/sbin/")),
        ).toEqual([]);
        expect(actions.length).toBeGreaterThan(0);
    });

    test("a unit that an action restarts or reloads is one that a role keeps running, or the kernel's settings", () => {
        const units = roles.flatMap((role) => plans.flatMap((one) => namesIn(one, role.units)));
        const touched = everyFile.flatMap(
            ({ file }) => /^(?:restart|reload) (.*)$/.exec(file.onChange ?? "")?.[1] ?? [],
        );
        expect([...new Set(touched)].filter((unit) => !units.includes(unit))).toEqual([
            "systemd-sysctl.service",
        ]);
    });

    test("the golden image has every package of every role, but a vendor's: hosts need no internet", () => {
        const image = textOf("platform/image-packages")
            .split("\n")
            .map((line) => line.replace(/#.*/, "").trim());
        const wanted = new Set(
            roles.flatMap((role) => plans.flatMap((one) => namesIn(one, role.packages))),
        );
        // The server's package depends on it.
        const implied = ["mariadb-client"];
        const missing = [...wanted].filter(
            (name) => !image.includes(name) && !implied.includes(name) && !isVendorPackage(name),
        );
        expect(missing).toEqual([]);
    });
});
