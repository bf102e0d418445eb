import { web } from "../../../components/roles/web-tier";
import { app } from "../../../components/roles/app-tier";
import { namesIn } from "../../../components/roles/role";
import { fileOf, filesOf } from "../../helpers/facts";
import { full, hostOf, planOf, roleFaults, type Values } from "../../helpers/plans";

const follow = { ...full, storage: { engine: "lsyncd", count: 0 } };
const library = "/usr/local/lib/testudo/uploads";
const site = "/etc/nginx/conf.d/site.conf";

const text = (path: string, values: Values, name: string): string => {
    const plan = planOf(values);
    return fileOf(plan, hostOf(plan, name), path);
};
/** Which role brings what of the uploads to a host. */
const own = (values: Values, name: string): string[] => {
    const plan = planOf(values);
    return [...filesOf(plan, hostOf(plan, name))].flatMap(([role, files]) =>
        files
            .filter(({ path }) => /uploads|glusterfs/.test(path))
            .map(({ path }) => `${role} ${path.split("/").pop() ?? ""}`),
    );
};

describe("with storage hosts", () => {
    test("web and app hosts mount the volume, each with its own certificate; only web hosts show it", () => {
        const mount =
            "glusterfs.ca glusterfs.pem glusterfs.key mount servers testudo-uploads.service";
        const named = (role: string, names: string) =>
            names.split(" ").map((name) => `${role} ${name}`);
        expect(own(full, "app1")).toEqual([
            "app uploads.php",
            ...named("app", `${mount} status settle`),
        ]);
        expect(own(full, "web1")).toEqual(
            named("web", `${mount} uploads.conf nginx-uploads.service status settle`),
        );
        expect(text("/etc/ssl/glusterfs.key", full, "web1")).toBe("SECRET key of web1 as web\n");
    });

    test("where PHP is on the web hosts, the mount is PHP's", () => {
        const merged = { ...full, app: { count: 0 } };
        expect(own(merged, "web1").filter((name) => /mount$|uploads.conf/.test(name))).toEqual([
            "web uploads.conf",
            "app mount",
        ]);
        expect(text("/etc/ssl/glusterfs.pem", merged, "web1")).toContain("web1 as app");
    });

    test("the client knows every storage host", () => {
        expect(text("/etc/testudo/uploads/servers", full, "app1")).toContain(
            "\nstorage1\nstorage2\nstorage3\n",
        );
    });

    test("nginx and PHP start without the mount, and nothing stops them with it", () => {
        const plan = planOf(full);
        for (const name of ["web1", "app1"]) {
            const units = [...filesOf(plan, hostOf(plan, name)).values()]
                .flat()
                .filter(({ path }) => path.startsWith("/etc/systemd/"))
                .map(({ content }) => content.replace(/^#.*$/gm, ""));
            expect(units.join("\n")).not.toMatch(
                /RequiresMountsFor|(Requires|BindsTo|After)=.*uploads/,
            );
        }
    });

    test("the site's nginx never touches the mount: neither by the files' names nor by the folder's", () => {
        const config = text(site, full, "web1");
        expect(config).toContain("location = /wp-content/uploads {\n        return 404;");
        expect(config).not.toContain("/srv/site/uploads");
        expect(config.match(/if \(!-e \/run\/testudo-uploads\/answers\)/g)).toHaveLength(2);
    });

    test("what is kept is looked at again within a minute, and that a file is missing is kept for a second", () => {
        const config = text("/etc/nginx/uploads.conf", full, "web1");
        expect(config).toContain('200 "max-age=10, stale-while-revalidate=50";');
        expect(config).toContain("404 max-age=1;");
        expect(config).toContain("default no-store;");
    });

    test("kept files that would fill the disk are refused", () => {
        const faults = (uploadCacheMiB: number) =>
            roleFaults(web, { ...full, web: { uploadCacheMiB } });
        expect(faults(1024)).toEqual([]);
        expect(faults(1025)).toEqual([
            expect.stringMatching(
                /^testudo:web\.uploadCacheMiB: needs to be at most .*1024 MiB.*got 1025$/,
            ),
        ]);
    });
});

test.each<[string, Values, string]>([
    ["from storage hosts", full, "web1"],
    ["of each host", {}, "web1"],
    ["that follow another host", follow, "web1"],
])("among files %s nothing runs and nothing hidden is shown", (_, values, name) => {
    const [, location = ""] = text(site, values, name).split("^~ /wp-content/uploads/ {");
    expect(location).toMatch(/^[^}]*location ~\* \\\.\(\?:ph\[a-z0-9\]\*\|/);
    expect(location.split("try_files")[0]).toContain("location ~ /\\. {");
});

test("without storage hosts each host keeps its own, and has no client", () => {
    expect(own({}, "web1")).toEqual(["app uploads.php", "app status", "app settle"]);
    expect(namesIn(planOf(), web.units).join()).not.toContain("uploads");
    expect(text(`${library}/settle`, {}, "web1")).toContain("own www-data 0750 0640");
});

describe("with lsyncd", () => {
    const door = /\nfrontend uploads\n[^]*?bind (\S+) [^]*?reject unless (.*)\n/;

    test("the first app host takes uploads, all others follow it", () => {
        const role = (name: string) =>
            /"role":"(\w+)"/.exec(text(`${library}/status`, follow, name))?.[1];
        expect(["app1", "app2", "web1", "web2"].map(role)).toEqual([
            "master",
            "copy",
            "copy",
            "copy",
        ]);
        expect(text(`${library}/push`, follow, "app1")).toContain("peers=(app2 web1 web2 )");
    });

    test("the master is another where it is named", () => {
        const values = { ...follow, storage: { ...follow.storage, master: "app2" } };
        expect(text(`${library}/settle`, values, "app2")).toContain("own www-data 0750");
        expect(text(`${library}/settle`, values, "app1")).toContain("own root 2750");
    });

    test("no host on its way out is the master", () => {
        const values = { ...follow, app: { count: 3 }, hosts: { app1: { state: "leaving" } } };
        expect(text(`${library}/settle`, values, "app2")).toContain("own www-data 0750");
        expect(text(`${library}/settle`, values, "app1")).toContain("own root 2750");
    });

    test("a host that follows lets in nobody but the master, and the master nobody", () => {
        const only = "{ ssl_c_s_dn(OU) -m str app } { ssl_c_s_dn(CN) -m str app1 }";
        expect(door.exec(text("/etc/haproxy/app.cfg", follow, "web1"))?.slice(1)).toEqual([
            "10.91.1.21:8730",
            only,
        ]);
        expect(door.exec(text("/etc/haproxy/fpm.cfg", follow, "app2"))?.[2]).toBe(only);
        expect(text("/etc/haproxy/fpm.cfg", follow, "app1")).not.toMatch(door);
    });

    test("files cross the network in TLS alone, between app hosts and from them to web hosts", () => {
        const flows = app.flows(planOf(follow)).filter(({ port }) => port === 8730);
        expect(flows.map(({ from, to }) => [from, to])).toEqual([
            ["app", "web"],
            ["app", "app"],
        ]);
        expect(app.flows(planOf(full)).filter(({ port }) => port === 8730)).toEqual([]);
    });

    const php = (method: string, uri: string, type = ""): string => {
        const config = text(site, follow, "web1");
        const patterns = (name: string) => {
            const [, block = ""] = config.split(` ${name} {\n`);
            return [...(block.split("\n}")[0] ?? "").matchAll(/"~(\*?)(.*)" (\S+);/g)];
        };
        const matched = (name: string, value: string, otherwise: string) =>
            patterns(name).find(([, any, pattern = ""]) =>
                new RegExp(pattern, any === "*" ? "i" : "").test(value),
            )?.[3] ?? otherwise;
        return matched(
            "$testudo_php",
            matched("$testudo_writes", `${method} ${uri}`, "0") + type,
            "app",
        );
    };

    test.each([
        ["POST", "/wp-admin/async-upload.php", "multipart/form-data; boundary=x", true],
        ["GET", "/wp-admin/upload.php?action=delete", "", true],
        ["POST", "/wp-json/wp/v2/media", "image/png", true],
        ["DELETE", "/wp-json/wp/v2/media/7?force=true", "", true],
        ["POST", "/index.php?rest_route=/wp/v2/media", "image/png", true],
        ["POST", "/xmlrpc.php", "text/xml", true],
        ["GET", "/wp-cron.php?doing_wp_cron", "", true],
        ["POST", "/contact/", "Multipart/Form-Data; boundary=x", true],
        ["GET", "/", "", false],
        ["GET", "/2026/11/about-wp-admin/", "", false],
        ["GET", "/wp-json/wp/v2/media", "", false],
        ["POST", "/wp-comments-post.php", "application/x-www-form-urlencoded", false],
        ["GET", "/?s=/wp-admin/", "", false],
    ])("%s %s %s goes to the host that takes uploads: %j", (method, uri, type, writes) => {
        expect(php(method, uri, type)).toBe(writes ? "uploads_master" : "app");
    });

    test("elsewhere PHP says who takes uploads", () => {
        const script = "/usr/local/lib/testudo/app/uploads.php";
        expect(text(script, follow, "app2")).toContain("(app1) is away");
        expect(text(script, follow, "app1")).not.toContain("upload_dir");
    });

    test.each<[Values, RegExp]>([
        [{ ...full, storage: { engine: "lsyncd" } }, /^testudo:storage\.count: needs to be 0 .*3$/],
        [
            { ...full, storage: { ...follow.storage, master: "web1" } },
            /^testudo:storage\.master: needs one of app1, app2, .*"web1"$/,
        ],
        [
            {
                ...full,
                app: { count: 3 },
                hosts: { app1: { state: "leaving" } },
                storage: { ...follow.storage, master: "app1" },
            },
            /^testudo:storage\.master: needs one of app2, app3, .* on a host that stays.*"app1"$/,
        ],
        [
            { ...full, storage: { master: "app1" } },
            /^testudo:storage\.master: is for testudo:storage\.engine lsyncd/,
        ],
    ])("%j is refused", (values, fault) => {
        expect(roleFaults(web, values)).toEqual([expect.stringMatching(fault)]);
    });
});
