import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { fileOf } from "../helpers/facts";
import { planOf } from "../helpers/plans";

// PHP's side of the caches against the image's own PHP and Redis, with the rights that Redis gives to PHP's accounts.

const rootfs = process.env.TESTUDO_ROOTFS ?? "";
let work = "";

beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "testudo-php-"));
    cpSync(join(__dirname, "php"), work, { recursive: true });
});
afterAll(() => {
    rmSync(work, { recursive: true });
});

function inImage(script: string): string {
    const { stdout, stderr } = spawnSync(join(__dirname, "in-image"), [rootfs, work, script], {
        encoding: "utf8",
    });
    return stdout + stderr;
}

test("the object cache is what WordPress expects, and goes on without Redis", () => {
    const plan = planOf({ cache: { count: 3 } });
    const [app] = hostsOf(plan, "app");
    const [cache] = hostsOf(plan, "cache");
    if (app === undefined || cache === undefined) throw new Error("no such hosts");
    writeFileSync(
        join(work, "object-cache.php"),
        fileOf(plan, app, "/usr/local/lib/testudo/app/object-cache.php"),
    );
    const rights = fileOf(plan, cache, "/etc/testudo/cache/objects.acl")
        .split("\n")
        .find((line) => line.startsWith("user objects "));
    writeFileSync(
        join(work, "acl"),
        [
            "user default off",
            "user operator on >secret ~* &* +@all",
            (rights ?? "").replace(/#[0-9a-f]{64}/, ">secret"),
            "",
        ].join("\n"),
    );
    const said = inImage(`
        ip link set lo up
        redis-server --port 6380 --bind 127.0.0.1 --save '' --dir /tmp --aclfile /run/work/acl --daemonize yes >/dev/null
        for try in $(seq 50); do redis-cli -p 6380 ping >/dev/null 2>&1 && break; sleep 0.1; done
        php -d error_log=/dev/null /run/work/expectations.php /run/work/object-cache.php`);
    expect(said).toBe("done\n");
});
