import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { fileOf } from "../helpers/facts";
import { planOf } from "../helpers/plans";

// PHP's side of Redis against the image's own PHP and Redis, with the rights that PHP's accounts really have.

const rootfs = process.env.TESTUDO_ROOTFS ?? "";
const plan = planOf({ cache: { count: 3 } });
let work = "";

beforeAll(() => {
    if (process.getuid?.() !== 0 || rootfs === "")
        throw new Error("this runs as root in the image's root file system: make checkers");
    work = mkdtempSync(join(tmpdir(), "testudo-php-"));
    cpSync(join(__dirname, "php"), work, { recursive: true });
});
afterAll(() => {
    if (work !== "") rmSync(work, { recursive: true });
});

/** Runs `php/<name>.test.php` on the file of that name, beside a Redis with the accounts of `instance`. */
function met(name: string, instance: "sessions" | "objects", port: number): string {
    const [app] = hostsOf(plan, "app");
    const [cache] = hostsOf(plan, "cache");
    if (app === undefined || cache === undefined) throw new Error("no such hosts");
    const file = fileOf(plan, app, `/usr/local/lib/testudo/app/${name}.php`);
    writeFileSync(join(work, `${name}.php`), file);
    const account = fileOf(plan, cache, `/etc/testudo/cache/${instance}.acl`)
        .split("\n")
        .find((line) => line.startsWith(`user ${instance} `));
    if (account === undefined) throw new Error(`no account ${instance}`);
    writeFileSync(
        join(work, "acl"),
        `user default off\nuser operator on >secret ~* &* +@all\n${account.replace(/#[0-9a-f]{64}/, ">secret")}\n`,
    );
    const { stdout, stderr } = spawnSync(
        join(__dirname, "in-image"),
        [
            rootfs,
            work,
            `ip link set lo up
            redis() { redis-server --bind 127.0.0.1 --save '' --repl-diskless-sync-delay 0 --dir /tmp --daemonize yes --aclfile /run/work/acl "$@" >/dev/null; }
            redis --port ${port}
            redis --port 7000 --replicaof 127.0.0.1 ${port} --masteruser operator --masterauth secret
            for try in $(seq 100); do
                redis-cli --no-auth-warning --user operator --pass secret -p 7000 info replication 2>/dev/null |
                    grep -q master_link_status:up && break
                sleep 0.1
            done
            php -d error_log=/tmp/log -d display_errors=1 /run/work/${name}.test.php /run/work/${name}.php 1`,
        ],
        { encoding: "utf8" },
    );
    return stdout + stderr;
}

test("the object cache is what WordPress expects, and goes on without Redis", () => {
    expect(met("object-cache", "objects", 6380)).toBe("done\n");
});

test("a session outlives what happens to Redis, and a visitor's id does", () => {
    expect(met("sessions", "sessions", 6379)).toBe("done\n");
});

test("a page whose first connection to SQL is lost connects once more, and ends only then", () => {
    const [app] = hostsOf(plan, "app");
    if (app === undefined) throw new Error("no such host");
    writeFileSync(join(work, "db.php"), fileOf(plan, app, "/usr/local/lib/testudo/app/db.php"));
    const { stdout, stderr } = spawnSync(
        join(__dirname, "in-image"),
        [rootfs, work, "php /run/work/db.test.php /run/work/db.php"],
        { encoding: "utf8" },
    );
    expect(stdout + stderr).toBe(
        ["[false]", "[false,true]", "the page ends", "[false,true]", "[false]", ""].join("\n"),
    );
});
