import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { fileOf } from "../helpers/facts";
import { planOf } from "../helpers/plans";
import { inImage, workFolder } from "./image";

// PHP's side of Redis and SQL against the image's own daemons: of Redis with the rights that PHP's accounts really have, of SQL
// with connections that are lost at every step.

const plan = planOf({ cache: { count: 3 } });
let work = "";

beforeAll(() => {
    work = workFolder();
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
    const { said } = inImage(
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
    );
    return said;
}

test("the object cache is what WordPress expects, and goes on without Redis", () => {
    expect(met("object-cache", "objects", 6380)).toBe("done\n");
});

test("a session outlives what happens to Redis, and a visitor's id does", () => {
    expect(met("sessions", "sessions", 6379)).toBe("done\n");
});

/** What a page is answered whose connections are lost as `cuts` says (php/cutting.py): six packets to connect, then its question. */
const pages: readonly {
    readonly name: string;
    readonly cuts: readonly number[];
    readonly says: string;
}[] = [
    { name: "none is lost", cuts: [], says: "42" },
    ...[1, 2, 3, 4, 5, 6, 7].map((packet) => ({
        name: `the first connection is lost at its packet ${packet}`,
        cuts: [packet],
        says: "42",
    })),
    {
        name: "the first two are lost at the login",
        cuts: [1, 1],
        says: "Error establishing a database connection",
    },
];

describe("a page whose connection to SQL is lost", () => {
    let said: string[] = [];

    beforeAll(() => {
        const [app] = hostsOf(plan, "app");
        if (app === undefined) throw new Error("no such host");
        mkdirSync(join(work, "content"));
        writeFileSync(
            join(work, "content", "db.php"),
            fileOf(plan, app, "/usr/local/lib/testudo/app/db.php"),
        );
        const answer = inImage(
            work,
            `ip link set lo up
                mariadb-install-db --no-defaults --auth-root-authentication-method=normal --user=mysql --datadir=/tmp/sql >/tmp/install 2>&1 || cat /tmp/install
                mariadbd --no-defaults --user=mysql --datadir=/tmp/sql --socket=/tmp/socket --bind-address=127.0.0.1 --skip-name-resolve >/tmp/mariadbd 2>&1 &
                for try in $(seq 100); do mariadb --no-defaults -S /tmp/socket -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done
                mariadb --no-defaults -S /tmp/socket -e "CREATE DATABASE site; CREATE USER site@'%' IDENTIFIED BY 'secret'; GRANT ALL ON site.* TO site@'%'"
                ${pages
                    .map(
                        ({ cuts }) => `
                coproc python3 /run/work/cutting.py 3307 3306 ${cuts.join(" ")}
                proxy=$COPROC_PID
                read -r ready <&"\${COPROC[0]}"
                php -d log_errors=0 /run/work/db.test.php | tr -d '\\n'
                echo
                kill "$proxy"
                wait "$proxy" 2>/dev/null`,
                    )
                    .join("\n")}`,
        );
        said = answer.said.split("\n");
    }, 120_000);

    test.each(pages.map((page, number) => ({ ...page, number })))("$name", ({ number, says }) => {
        const page = said[number] ?? "";
        expect(/<h1>(.*)<\/h1>/.exec(page)?.[1] ?? page).toBe(says);
    });
});
