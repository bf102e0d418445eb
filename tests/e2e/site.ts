import { client, curl } from "./client";
import { addressOf, hostsOf, outputs, sh } from "./lab";

/** The visitor's cookies. */
export const jar = "/root/e2e/cookies";

/** The administrator logs in at the site's form; returns the nonce of the REST interface. */
export async function logIn(): Promise<string> {
    const { siteUrl, adminUser, adminPassword } = await outputs();
    const form = `log=${encodeURIComponent(adminUser)}&pwd=${encodeURIComponent(adminPassword)}&testcookie=1`;
    const cookies = ["--cookie", jar, "--cookie-jar", jar];
    await sh(client, `rm -f ${jar}`);
    await curl(["--cookie-jar", jar, "--output", "/dev/null", `${siteUrl}wp-login.php`]);
    const login = await curl([
        ...[...cookies, "--data", form, "--output", "/dev/null"],
        ...["--write-out", "%{http_code} %{redirect_url}", `${siteUrl}wp-login.php`],
    ]);
    if (login !== `302 ${siteUrl}wp-admin/`) throw new Error(`the login form answers ${login}`);
    const nonce = await curl([
        "--cookie",
        jar,
        `${siteUrl}wp-admin/admin-ajax.php?action=rest-nonce`,
    ]);
    if (!/^[0-9a-f]{10}$/.test(nonce)) throw new Error(`no nonce: ${nonce.slice(0, 200)}`);
    return nonce;
}

/** A request of the administrator to WordPress' REST interface; returns what it answers. */
export async function rest<T>(nonce: string, path: string, args: readonly string[]): Promise<T> {
    const { siteUrl } = await outputs();
    const answer = await curl([
        ...["--cookie", jar, "--header", `X-WP-Nonce: ${nonce}`],
        ...args,
        `${siteUrl}wp-json/wp/v2/${path}`,
    ]);
    return JSON.parse(answer) as T;
}

/** What one web host answers to a balancer, head and body. */
export async function fromWeb(
    web: string,
    path: string,
    more: readonly string[] = [],
): Promise<string> {
    const [balancer = ""] = await hostsOf("load-balancer");
    const { siteUrl } = await outputs();
    const folder = "/etc/testudo/tls/load-balancer";
    const name = new URL(siteUrl).host;
    return sh(
        balancer,
        `curl --silent --show-error --include --max-time 15 --cert ${folder}/host.pem --cacert ${folder}/ca.pem --connect-to ::${await addressOf(web)}:8443 --header 'Host: ${name}' ${more.map((word) => `'${word}'`).join(" ")} 'https://${web}${path}'`,
    );
}
