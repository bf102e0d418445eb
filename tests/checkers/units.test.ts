import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { filesOf } from "../helpers/facts";
import { planOf, withAcme } from "../helpers/plans";
import { inImage, withWork } from "./image";

// What systemd itself says of the units that we write, with Debian's own and our drop-ins, in the image's root file system.

const plans = [
    planOf({ preset: "full" }),
    planOf({ preset: "full", storage: { engine: "lsyncd", count: 0 } }),
    planOf(withAcme),
];
const place = "/etc/systemd/system/";

/** Units of ours and the worst exposure that each may have (0 best, 10 worst), with the reason where it is high. */
const most: Readonly<Record<string, number>> = {
    "cache-agent.service": 4.2,
    "cache-settle.service": 5.7,
    "galera-agent.service": 4.2,
    "haproxy.service": 5.7,
    "haproxy@.service": 5.7,
    "nginx-uploads.service": 5.7,
    "nginx.service": 5.8,
    "testudo-acme.service": 4.2,
    "testudo-bastion.service": 5.5,
    "testudo-cron.service": 4.2,
    "testudo-release-sync.service": 5.8,
    "testudo-releases.service": 5.5,
    "testudo-uploads-push.service": 5.8,
    "testudo-uploads-rsync@.service": 5.8,
    // Runs PHP under another user, traces what is slow, and sends mail by a set-user-ID program.
    "php8.4-fpm.service": 7.6,
    // Mounts for everybody: no name space of its own.
    "testudo-uploads.service": 9.2,
    // Starts bricks again, and looks at mounts.
    "storage-watch.service": 9.2,
    // Debian's own, as they come: their sandbox is not loosened.
    "redis-sentinel.service": 1.2,
    "redis-server@.service": 1.2,
};

const files = new Map(
    plans
        .flatMap((plan) => plan.hosts.flatMap((host) => [...filesOf(plan, host).values()].flat()))
        .filter(({ path }) => path.startsWith(place) || path.startsWith("/usr/local/lib/testudo/"))
        .map((file) => [file.path, file]),
);

/** Drop-ins of an instance count for its template. */
const unitOf = (path: string) =>
    (path.includes(".d/") ? basename(dirname(path)).replace(/\.d$/, "") : basename(path)).replace(
        /@[^.]+\./,
        "@.",
    );

let said: Record<string, number> = {};
let verified = "";

beforeAll(() => {
    withWork((work) => {
        for (const { path, content, mode } of files.values()) {
            const to = join(work, "files", path.replace(/@[^./]+\.service\.d\//, "@.service.d/"));
            mkdirSync(dirname(to), { recursive: true });
            writeFileSync(to, content, { mode: parseInt(mode, 8) });
        }
        const own = [...files.keys()]
            .filter((path) => /\.(service|socket|timer)$/.test(path))
            .map((path) => path.replace("@.service", "@x.service"));
        const script = [
            "cp -r --preserve=mode /run/work/files/etc/systemd/system/. /etc/systemd/system/",
            "cp -r --preserve=mode /run/work/files/usr/local/lib/. /usr/local/lib/",
            `systemd-analyze verify --man=no --recursive-errors=no ${own.join(" ")} >/run/work/verified 2>&1 || echo "exit $?" >>/run/work/verified`,
            `for unit in ${Object.keys(most).join(" ")}; do echo "$unit $(systemd-analyze security --offline=yes --json=off --no-pager "$unit" 2>&1 | tail -n 1)"; done`,
            "cat /run/work/verified >&2",
        ].join("\n");
        const { stdout, stderr } = inImage(work, script);
        verified = stderr;
        said = Object.fromEntries(
            [...stdout.matchAll(/^(\S+) .*?([\d.]+) [A-Z]+/gm)].map(([, unit = "", figure]) => [
                unit,
                Number(figure),
            ]),
        );
        if (process.env.UNITS_SHOW !== undefined) process.stdout.write(stdout + stderr);
    });
}, 120_000);

test("every unit of ours has a figure that it must not exceed", () => {
    const units = [...files.keys()]
        .filter((path) => path.startsWith(place) && !/\.(socket|timer)$/.test(path))
        .map(unitOf);
    // Those whose programs manage the network or file systems of the whole host are Debian's, with a word on restarts.
    const asTheyCome = ["glusterd.service", "keepalived.service", "mariadb.service"];
    expect(Object.keys(most).sort()).toEqual(
        [...new Set(units)].filter((unit) => !asTheyCome.includes(unit)).sort(),
    );
});

test("systemd understands every line of every unit", () => {
    expect(verified).toBe("");
});

test.each(Object.entries(most))("%s is exposed by at most %d", (unit, limit) => {
    expect(said[unit]).toBeLessThanOrEqual(limit);
});

test("no drop-in of ours takes back what Debian's unit has", () => {
    const dropIns = [...files.values()].filter(({ path }) => path.includes(".service.d/"));
    const loosening =
        /^(NoNewPrivileges|Protect\w+|Private\w+|Restrict\w+|Lock\w+|MemoryDeny\w+)=(no|false|0|off)?$|^(SystemCallFilter|ReadWritePaths|NoExecPaths|AppArmorProfile)=$/m;
    expect(
        dropIns.filter(({ content }) => loosening.test(content)).map(({ path }) => path),
    ).toEqual([]);
    expect(dropIns.length).toBeGreaterThan(5);
});
