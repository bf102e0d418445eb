import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flowsOf } from "../../../components/roles/all";
import { releasesPort } from "../../../components/roles/releases";
import { inbound } from "../../../components/cluster/flows";
import { fileOf } from "../../helpers/facts";
import { full, hostOf, planOf } from "../../helpers/plans";

// The scripts themselves, each host below a directory of its own; curl asks the other one's release-serve.

const plan = planOf({});
const library = "/usr/local/lib/testudo/app";
let root: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "testudo-releases-"));
    for (const host of ["web1", "web2"]) {
        for (const folder of ["bin", "lib", "run/testudo", "run/testudo-app", "srv/site/releases"])
            mkdirSync(join(root, host, folder), { recursive: true });
        for (const name of [
            "lib.sh",
            "release",
            "release-sync",
            "release-serve",
            "release-stubs",
        ]) {
            const text = fileOf(plan, hostOf(plan, host), `${library}/${name}`)
                .replaceAll("/srv/", `${root}/${host}/srv/`)
                .replaceAll("/run/", `${root}/${host}/run/`);
            writeFileSync(join(root, host, "lib", name), text, { mode: 0o755 });
        }
        const bin = (name: string, text: string) => {
            writeFileSync(join(root, host, "bin", name), `#!/bin/bash\n${text}`, { mode: 0o755 });
        };
        bin("chown", "");
        // As php -l says it.
        bin(
            "php",
            `for file in "$@"; do case $file in *.php) grep -q 'if ($' "$file" && echo "PHP Parse error: syntax error in $file on line 1" ;; esac; done; true`,
        );
        bin("hostname", `echo ${host}`);
        bin("sleep", "");
        // Both ways in which the scripts call it: one address, or a list on standard input.
        bin(
            "curl",
            `head=/dev/null urls=()
while [ $# -gt 0 ]; do
    case $1 in
    --dump-header) head=$2; shift ;;
    --config) while read -r key _ value; do
            value=\${value//\\"/}
            if [ "$key" = url ]; then url=$value; else "$0" "$url" >"$value" || rm -f "$value"; fi
        done; exit 0 ;;
    https://*) urls+=("$1") ;;
    esac
    shift
done
[ \${#urls[@]} = 1 ] || exit 0
peer=\${urls[0]#https://}
answer=$(mktemp)
printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' "\${peer#*/}" | PATH="${root}/\${peer%%:*}/bin:$PATH" "${root}/\${peer%%:*}/lib/release-serve" >"$answer"
[[ ! -e "${root}/truncate" || $peer != */releases/* ]] || truncate -s -200 "$answer"
grep -aq '^HTTP/1.0 200' "$answer" || { rm -f "$answer"; exit 22; }
sed '/^\\r$/q' "$answer" >"$head"
tail -c +$(($(grep -abom1 $'^\\r$' "$answer" | cut -d: -f1) + 3)) "$answer"
rm -f "$answer"
`,
        );
    }
});
afterEach(() => {
    rmSync(root, { recursive: true });
});

const path = (host: string, ...rest: string[]) => join(root, host, "srv/site", ...rest);

/** A WordPress as a host's package would have left it. */
function packaged(host: string, id = "wordpress-1", text = "one"): void {
    const folder = path(host, "releases", id);
    for (const below of ["wp-includes", "wp-content/themes/old", "wp-content/plugins/a"])
        mkdirSync(join(folder, below), { recursive: true });
    writeFileSync(join(folder, "wp-load.php"), `<?php // ${text}`);
    writeFileSync(
        join(folder, "wp-includes/version.php"),
        "<?php\n$wp_version = '6.8';\n$wp_db_version = 60421;\n",
    );
    writeFileSync(join(folder, "wp-content/themes/old/style.css"), "/*\nTheme Name: Old\n*/");
}

function run(
    host: string,
    script: string,
    words: readonly string[],
    input: Buffer = Buffer.alloc(0),
) {
    const { status, stdout, stderr } = spawnSync(join(root, host, "lib", script), words, {
        input,
        env: { ...process.env, PATH: `${root}/${host}/bin:${process.env.PATH ?? ""}` },
    });
    return { status, stdout: String(stdout), stderr: String(stderr) };
}
const release = (host: string, ...words: string[]) => run(host, "release", words);

/** A theme, as the command sends it. */
function sent(files: Readonly<Record<string, string>>): Buffer {
    const folder = mkdtempSync(join(root, "part-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return spawnSync("tar", ["-C", folder, "-czf", "-", "."]).stdout;
}

function composed(host: string, files: Readonly<Record<string, string>> = { "style.css": "x" }) {
    const words = ["compose", "20260102-030405", "wordpress-1", "theme", "new", "theme new 1.0"];
    return run(host, "release", words, sent(files));
}
const idOf = ({ stdout }: { stdout: string }) => /^id (\S+)$/m.exec(stdout)?.[1] ?? "none";
const current = (host: string) => readlinkSync(path(host, "current")).split("/").pop();
const record = (host: string) => readFileSync(path(host, "current.release"), "utf8").trim();

test("a release is the one before it with one part exchanged; what did not change is the same file", () => {
    packaged("web1");
    const id = idOf(composed("web1"));
    expect(id).toMatch(/^r20260102-030405-[0-9a-f]{8}$/);
    const made = path("web1", "releases", id);
    expect(readFileSync(join(made, "wp-content/themes/new/style.css"), "utf8")).toBe("x");
    expect(readFileSync(join(made, "wp-config.php"), "utf8")).toContain(
        "/etc/testudo/wp-config.php",
    );
    expect(existsSync(path("web1", "releases/wordpress-1/wp-content/themes/new"))).toBe(false);
    expect(statSync(join(made, "wp-load.php")).ino).toBe(
        statSync(path("web1", "releases/wordpress-1/wp-load.php")).ino,
    );
    expect(readdirSync(path("web1", "releases")).sort()).toEqual([id, "wordpress-1"]);
});

test("what PHP cannot read, what changes nothing and what takes away nothing is refused and leaves nothing", () => {
    packaged("web1");
    const broken = composed("web1", { "style.css": "x", "functions.php": "<?php if (" });
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/PHP cannot read all of it: .*themes\/new\/functions\.php/);
    const words = ["compose", "20260102-030406", "wordpress-1", "remove-theme", "none", "x"];
    expect(run("web1", "release", words).stderr).toMatch(/wordpress-1 has no theme none/);
    expect(readdirSync(path("web1", "releases"))).toEqual(["wordpress-1"]);
});

test("a host that was away fetches what the others show, whole, and points to it", () => {
    for (const host of ["web1", "web2"]) packaged(host);
    const id = idOf(composed("web1"));
    expect(release("web1", "switch", "1", id).stderr).toBe("");
    expect(release("web2", "switch", "0", "wordpress-1").stderr).toBe("");
    writeFileSync(join(root, "truncate"), "");
    expect(run("web2", "release-sync", ["once"]).status).toBe(1);
    expect(current("web2")).toBe("wordpress-1");
    expect(existsSync(join(root, "web2/run/testudo/behind"))).toBe(true);
    expect(readdirSync(path("web2", "releases"))).toEqual(["wordpress-1"]);
    rmSync(join(root, "truncate"));
    expect(run("web2", "release-sync", ["once"]).stderr).toBe("");
    expect([current("web2"), record("web2")]).toEqual([id, `1 ${id}`]);
    expect(release("web2", "fetch", id, "web1").stderr).toBe("");
});

test("a new host takes what the others show, and not the newer package that it has brought", () => {
    packaged("web1");
    expect(release("web1", "switch", "0", "wordpress-1").stderr).toBe("");
    packaged("web2", "wordpress-2", "two");
    expect(run("web2", "release-sync", ["once"]).stderr).toBe("");
    expect(current("web2")).toBe("wordpress-1");
});

test("a rollback is a newer switch: nobody takes the release that was left", () => {
    for (const host of ["web1", "web2"]) packaged(host);
    const id = idOf(composed("web1"));
    expect(release("web1", "switch", "1", id).status).toBe(0);
    expect(run("web2", "release-sync", ["once"]).status).toBe(0);
    expect(release("web1", "switch", "2", "wordpress-1").status).toBe(0);
    expect(run("web2", "release-sync", ["once"]).status).toBe(0);
    expect([current("web1"), current("web2")]).toEqual(["wordpress-1", "wordpress-1"]);
});

test("a release that was changed on the host's disk is not taken for the others' one", () => {
    for (const host of ["web1", "web2"]) packaged(host);
    const id = idOf(composed("web1"));
    expect(release("web2", "fetch", id, "web1").stderr).toBe("");
    writeFileSync(path("web2", "releases", id, "wp-content/themes/new/style.css"), "other");
    expect(release("web2", "fetch", id, "web1").stderr).toMatch(/is not what it was made as/);
});

test("what is current, or was before, is never taken away; all else is, unless it is named", () => {
    packaged("web1");
    packaged("web1", "wordpress-2", "two");
    packaged("web1", "wordpress-3", "three");
    expect(release("web1", "switch", "1", "wordpress-1").status).toBe(0);
    expect(release("web1", "switch", "2", "wordpress-2").status).toBe(0);
    expect(release("web1", "prune", "none").stdout).toBe("removed wordpress-3\n");
});

test("one release at a time", () => {
    packaged("web1");
    expect(release("web1", "begin", "anna 1").status).toBe(0);
    expect(release("web1", "end", "ben 2").status).toBe(0);
    expect(release("web1", "begin", "ben 2").stderr).toMatch(/under way.*anna 1/);
});

test.each(["/releases/../../etc/passwd", "/releases/", "/releases/..", "/etc", "/releases/a/b"])(
    "no other host is given %s",
    (asked) => {
        packaged("web1");
        const answer = run(
            "web1",
            "release-serve",
            [],
            Buffer.from(`GET ${asked} HTTP/1.0\r\n\r\n`),
        );
        expect(answer.stdout).toMatch(/^HTTP\/1.0 404/);
    },
);

test("only web and app hosts come to releases, each from each", () => {
    const apart = planOf(full);
    const peers = (name: string) => [
        ...new Set(
            inbound(apart, flowsOf(apart), hostOf(apart, name))
                .filter(({ port }) => port === releasesPort)
                .flatMap((rule) => rule.peers),
        ),
    ];
    expect(peers("web1").sort()).toEqual(["10.91.1.22", "10.91.1.31", "10.91.1.32"]);
    expect(peers("app1").sort()).toEqual(["10.91.1.21", "10.91.1.22", "10.91.1.32"]);
    expect(fileOf(apart, hostOf(apart, "app1"), "/etc/haproxy/fpm.cfg")).toMatch(
        /frontend releases[^]*verify required\n.*deny.*unless \{ ssl_c_s_dn\(OU\) -m str web app \}/,
    );
});

test("PHP on a host of its own is out of service until it has heard from others; with nginx beside it, it is not", () => {
    const apart = planOf(full);
    const health = "/srv/site/checks/health.php";
    expect(fileOf(apart, hostOf(apart, "app1"), health)).toContain("releases-heard");
    expect(fileOf(plan, hostOf(plan, "web1"), health)).not.toContain("releases-heard");
});
