import { readFileSync } from "node:fs";
import { join } from "node:path";
import { client, clientAddress } from "../e2e/client";
import { hostsOf, incus, outputs, project, sh, stack } from "../e2e/lab";
import { put } from "../e2e/put";
import { must, run } from "../e2e/shell";

/** One host with everything, in the zone of the visitors: nothing but the bridge lies between. */
export const single = "bench-single";
export const place = "/root/bench";

/** What the cluster's hosts have and the one host shall have as well. */
const shared = {
    app: [
        "srv/site/current",
        "usr/local/lib/testudo/app",
        "etc/testudo/wp-config.php",
        "etc/php/8.4/fpm/pool.d",
        "etc/php/8.4/fpm/php-fpm.conf",
        "etc/php/8.4/fpm/conf.d/90-testudo.ini",
    ],
    web: ["etc/nginx/nginx.conf", "etc/nginx/snippets/testudo-fastcgi.conf"],
} as const;

export interface Place {
    readonly address: string;
    /** Name that the site is asked for. */
    readonly host: string;
    readonly ca: string;
}

/** Makes the host anew: same image, same release, same content, same settings of PHP. */
export async function makeSingle(): Promise<Place> {
    await removeSingle();
    const { hosts, vip } = await outputs();
    const [first = ""] = Object.keys(hosts);
    const [app = "", web = "", database = ""] = await Promise.all(
        (["app", "web", "database"] as const).map(async (role) => (await hostsOf(role))[0]),
    );
    const image = await incus(["config", "get", first, "user.testudo.image"]);
    const pool = JSON.parse(
        await must(["incus", "query", `/1.0/instances/${first}?project=${project}`]),
    ) as { devices: Record<string, Record<string, string>> };
    const address = (await clientAddress()).replace(/\.\d+$/, ".51");
    await incus([
        ...["init", image, single, "--quiet", "--no-profiles"],
        ...["--storage", pool.devices.root?.pool ?? ""],
        ...["--config", "limits.memory=2GiB", "--config", "security.nesting=true"],
    ]);
    await incus([
        ...["config", "device", "add", single, "eth0", "nic", "--quiet"],
        ...["nictype=bridged", `parent=td${stack}-out`, "name=eth0"],
    ]);
    await put(
        single,
        "/etc/network/interfaces",
        `auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n    address ${address}/24\n`,
    );
    await incus(["start", single]);
    const release = await sh(app, "readlink -f /srv/site/current");
    await copied(app, ["srv/site/current", release.slice(1), ...shared.app.slice(1)]);
    await copied(web, shared.web);
    await piped(
        `${exec(app)} tar -C /srv/site -c uploads`,
        `${exec(single)} tar -C /srv/site -x --same-owner`,
    );
    await piped(
        `${exec(database)} bash -c '. /etc/testudo/database/cluster.env; dump=mariadb-dump; [ $client = mariadb ] || dump=mysqldump; exec $dump --no-defaults --socket=/run/mysqld/mysqld.sock --single-transaction wordpress'`,
        `${exec(single)} bash -c 'umask 077; cat >/root/wordpress.sql'`,
    );
    await put(single, "/root/single-host", readFileSync(join(__dirname, "single-host"), "utf8"), {
        mode: "0755",
    });
    const host = await sh(
        app,
        `php -r "error_reporting(0); require '/etc/testudo/wp-config.php'; echo TESTUDO_HOSTS[0];"`,
    );
    await sh(single, `/root/single-host ${address} ${host} ${vip}`, { timeoutSeconds: 180 });
    await give();
    return { address, host, ca: `${place}/single.pem` };
}

export async function removeSingle(): Promise<void> {
    await run(["incus", "delete", "--force", single, "--project", project]);
}

/** The visitor gets its programs, addresses of its own for many people, and the certificates. */
async function give(): Promise<void> {
    await sh(client, `mkdir -p ${place}`);
    await piped(`${exec(single)} cat /etc/bench/cert.pem`, into(`${place}/single.pem`));
    await piped(`${exec(single)} cat /root/picture.jpg`, into(`${place}/picture.jpg`));
    await put(client, `${place}/load.py`, readFileSync(join(__dirname, "load.py"), "utf8"));
    const network = (await clientAddress()).replace(/\.\d+$/, "");
    await sh(
        client,
        `for n in $(seq 60 99); do ip address add ${network}.$n/24 dev eth0 2>/dev/null || true; done`,
    );
}

/** More logins a minute than the balancers let one address try. */
export async function sources(): Promise<string[]> {
    const network = (await clientAddress()).replace(/\.\d+$/, "");
    return Array.from({ length: 40 }, (_, index) => `${network}.${60 + index}`);
}

async function copied(from: string, paths: readonly string[]): Promise<void> {
    await piped(
        `${exec(from)} tar -C / -c ${paths.join(" ")}`,
        `${exec(single)} tar -C / -x --same-owner`,
    );
}

function exec(host: string): string {
    return `incus exec ${host} --project ${project} --`;
}

function into(path: string): string {
    return `${exec(client)} bash -c 'cat >${path}'`;
}

async function piped(from: string, to: string): Promise<void> {
    await must(["bash", "-c", `set -o pipefail; ${from} | ${to}`], { timeoutSeconds: 180 });
}
