import { errorsOf, loss, lost, type Attempt } from "./analysis";
import { curl, visitors, type Measurement } from "./client";
import { whole } from "./cluster";
import { keep, words } from "./endured";
import { figure } from "./figures";
import { askAgain, changed, changedStackFile, hostsOf, needsUp, outputs, sh, up } from "./lab";
import { closeLedger, openLedger, rows, writers } from "./ledger";
import { closeSessions, keys, keysGone, openSessions, people } from "./sessions";
import { logIn } from "./site";

beforeAll(needsUp);

/** What opens something, as hosts have it now. */
interface Secrets {
    readonly admin: string;
    readonly sql: string;
    readonly sessions: string;
    /** `gate` and `operator` on the first cache host. */
    readonly gate: string;
    readonly operator: string;
}

async function secretsNow(): Promise<Secrets> {
    const [app = ""] = await hostsOf("app");
    const [cache = ""] = await hostsOf("cache");
    const text = async (host: string, script: string) => (await sh(host, script)).trim();
    const php = (code: string) => text(app, `php -r '${code}'`);
    return {
        admin: (await outputs()).adminPassword,
        sql: await php('require "/etc/testudo/wp-config.php"; echo DB_PASSWORD;'),
        sessions: await php(
            'parse_str(parse_url(parse_ini_file("/etc/php/8.4/fpm/conf.d/90-testudo.ini")["session.save_path"])["query"], $o); echo $o["auth"]["pass"];',
        ),
        gate: await text(cache, "cut -d ' ' -f 3 /etc/testudo/cache/gate.auth"),
        operator: await text(cache, "cut -d ' ' -f 3 /etc/testudo/cache/operator.auth"),
    };
}

/** What the passwords open. They go to the hosts on standard input. */
async function opened(secrets: Secrets): Promise<string[]> {
    const [app = ""] = await hostsOf("app");
    const fromPhp = await sh(
        app,
        `php -r 'mysqli_report(MYSQLI_REPORT_OFF);
            $session = @new mysqli("127.0.0.1", "wordpress", trim(fgets(STDIN)), "wordpress");
            if ($session->connect_errno === 0) echo "SQL\n";
            elseif ($session->connect_errno !== 1045) echo "SQL: $session->connect_error\n";
            $redis = new Redis();
            $redis->connect("127.0.0.1", 6379, 5);
            try { if ($redis->auth(["sessions", trim(fgets(STDIN))])) echo "sessions\n"; }
            catch (RedisException $error) { if (!str_starts_with($error->getMessage(), "WRONGPASS")) echo $error->getMessage(), "\n"; }'`,
        { input: `${secrets.sql}\n${secrets.sessions}\n` },
    );
    const tls = "/etc/testudo/tls/cache";
    const fromMembers = await Promise.all(
        (await hostsOf("cache")).map((host) =>
            sh(
                host,
                `. /etc/testudo/cache/cluster.env
                while read -r account password; do
                    for place in "-s /run/redis-sessions/redis-server.sock" "-s /run/redis-objects/redis-server.sock" \
                        "--tls --cacert ${tls}/ca.pem --cert ${tls}/cert.pem --key ${tls}/key.pem -h $self_address -p 26379"; do
                        answer=$(printf 'AUTH %s %s\n' "$account" "$password" | redis-cli $place 2>&1 | head -n 1)
                        case $answer in WRONGPASS*) ;; OK) echo "$self $account" ;; *) echo "$self: $answer" ;; esac
                    done
                done`,
                { input: `gate ${secrets.gate}\noperator ${secrets.operator}\n` },
            ),
        ),
    );
    const { siteUrl, adminUser } = await outputs();
    const answer = await curl([
        ...["--data", `log=${adminUser}&pwd=${secrets.admin}&testcookie=1`],
        ...["--cookie", "wordpress_test_cookie=WP%20Cookie%20check", "--output", "/dev/null"],
        ...["--write-out", "%{http_code}", `${siteUrl}wp-login.php`],
    ]);
    return [
        ...[fromPhp, ...fromMembers].join("\n").split("\n"),
        ...(answer === "302" ? ["admin"] : answer === "200" ? [] : [`admin: ${answer}`]),
    ].filter((line) => line !== "");
}

/** Everything of a generation, that is: on each cache host two accounts at three places. */
async function all(): Promise<string[]> {
    const members = (await hostsOf("cache")).flatMap((host) =>
        ["gate", "gate", "gate", "operator", "operator", "operator"].map(
            (account) => `${host} ${account}`,
        ),
    );
    return ["SQL", "sessions", ...members, "admin"];
}

/** An `up` that changes passwords, under the load of people, visitors and writes. */
async function rotated(what: string, prefix: string, file?: string): Promise<string[]> {
    const running: Measurement[] = [];
    let attempts: Attempt[][] = [];
    let steps: string[] = [];
    try {
        // An `up` and the load of a drill together would only show that there are two processors.
        running.push(await visitors(100, 1000), await people());
        running.push(await writers(prefix, 200), await keys(prefix, 200));
        const finished = await up([], file === undefined ? {} : { file });
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        steps = changed(finished);
        figure(`${what}: up`, finished.seconds, "s");
        askAgain();
    } finally {
        attempts = await Promise.all(running.map((one) => one.stop()));
    }
    const [gets = [], visits = [], writes = [], cached = []] = attempts;
    const named = { visitors: gets, sessions: visits, writes, keys: cached };
    for (const [kind, some] of Object.entries(named)) {
        keep(`${what} ${kind}`, some);
        const seen = loss(some);
        figure(
            `${what}: ${kind} failed, of ${seen.attempts}`,
            seen.failed,
            "",
            0,
            words(errorsOf(seen)),
        );
        figure(`${what}: ${kind}, slowest`, seen.slowest, "s");
    }
    const [member = ""] = await hostsOf("database");
    const missing = {
        rows: lost(writes, await rows(member, prefix)),
        keys: await keysGone(cached),
        sessions: visits.filter((one) => one.lost !== undefined),
    };
    for (const [kind, some] of Object.entries(missing))
        figure(`${what}: ${kind} lost`, some.length, "", 0);
    expect(missing).toEqual({ rows: [], keys: [], sessions: [] });
    for (const [kind, some] of Object.entries(named))
        expect([kind, loss(some).errors]).toEqual([kind, {}]);
    return steps;
}

describe("passwords are changed by one number and one up", () => {
    let first: Secrets;
    let second: Secrets;

    beforeAll(async () => {
        await whole(180);
        await openLedger();
        await openSessions();
        first = await secretsNow();
    });
    afterAll(async () => {
        await closeLedger();
        await closeSessions();
    });

    test("no request fails, nothing acknowledged is lost; the old ones are refused, the new ones open", async () => {
        expect(await opened(first)).toEqual(await all());
        const file = changedStackFile("passwords", { passwords: { sql: 2, redis: 2, admin: 2 } });
        const steps = await rotated("passwords changed", "newer", file);
        // Members themselves, the kept disks of hosts and the web tier's nginx are none of a password's business.
        expect([...new Set(steps)].filter((name) => /-(base|push)$/.test(name)).sort()).toEqual(
            [
                ...(await hostsOf("app")).map((host) => `web-${host}-app-push`),
                ...(await hostsOf("cache")).map((host) => `cache-${host}-push`),
            ].sort(),
        );
        second = await secretsNow();
        expect(await opened(first)).toEqual([]);
        expect(await opened(second)).toEqual(await all());
        await logIn();
        await whole(60);
        expect((await up(["--expect-no-changes"], { file })).code).toBe(0);
    }, 300_000);

    test("and back again", async () => {
        await rotated("passwords changed back", "older");
        expect(await opened(second)).toEqual([]);
        expect(await opened(await secretsNow())).toEqual(await all());
        await whole(60);
        expect((await up(["--expect-no-changes"])).code).toBe(0);
    }, 300_000);
});
