import { createPublicKey, generateKeyPairSync } from "node:crypto";
import type { RenderedFile } from "../../../components/host/render";
import { listenersOf } from "../../../components/roles/all";
import { packagesOf } from "../../../components/roles/all";
import { loadBalancer } from "../../../components/roles/load-balancer-pair";
import { thumbprint, thumbprintOf } from "../../../components/roles/load-balancer-pair.acme";
import { namesIn } from "../../../components/roles/role";
import { filesOf, placeholders } from "../../helpers/facts";
import { hostOf, planOf, withAcme, type Values } from "../../helpers/plans";

const plan = planOf(withAcme);
const without = planOf();

function filesAt(host: string, values: Values = withAcme): Map<string, RenderedFile> {
    const one = planOf(values);
    const files = filesOf(one, hostOf(one, host)).get("load-balancer") ?? [];
    return new Map(files.map((file) => [file.path, file]));
}
const textAt = (host: string, path: string, values?: Values) =>
    filesAt(host, values).get(path)?.content ?? "";

const haproxy = "/etc/haproxy/haproxy.cfg";
const client = "/etc/testudo/acme/dehydrated.conf";
const timer = "/etc/systemd/system/testudo-acme.timer";

test("the fingerprint of RFC 7638's example is the RFC's", () => {
    const jwk = {
        kty: "RSA",
        n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        e: "AQAB",
        alg: "RS256",
        kid: "2011-04-29",
    };
    expect(thumbprint(jwk)).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
});

test("of an elliptic key it is made of the curve and the point, from its PEM", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = String(publicKey.export({ type: "spki", format: "pem" }));
    const jwk = createPublicKey(pem).export({ format: "jwk" }) as Record<string, string>;
    expect(thumbprintOf(pem)).toBe(thumbprint({ ...jwk, use: "sig" }));
    expect(thumbprintOf(pem)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(() => thumbprint({ kty: "OKP", crv: "Ed25519", x: "x" })).toThrow("of kind OKP");
});

test("both balancers answer for the account, before they send visitors to https; without ACME none does", () => {
    const answers = ["lb1", "lb2"].map((host) =>
        textAt(host, haproxy)
            .split("\n")
            .filter((line) => line.includes("acme-challenge")),
    );
    expect(answers[0]).toHaveLength(1);
    expect(answers[0]?.[0]).toContain(`.${placeholders.acme.thumbprint}"`);
    expect(answers[0]).toEqual(answers[1]);
    const text = textAt("lb1", haproxy);
    expect(text.indexOf("acme-challenge")).toBeLessThan(text.indexOf("redirect scheme https"));
    expect(textAt("lb1", haproxy, {})).not.toContain("acme-challenge");
});

test("a balancer has what it takes, and nothing of it without ACME", () => {
    const isAcme = (path: string) => /acme|load-balancer\/(adapt|status)$/.test(path);
    expect([...filesAt("lb1").keys()].filter(isAcme).sort()).toEqual([
        "/etc/systemd/system/testudo-acme.service",
        timer,
        "/etc/testudo/acme/account.key",
        client,
        ...["acme", "acme-fetch", "acme.sh", "adapt", "status"].map(
            (name) => `/usr/local/lib/testudo/load-balancer/${name}`,
        ),
    ]);
    expect([...filesAt("lb1", {}).keys()].filter(isAcme)).toEqual([]);
    expect(namesIn(plan, loadBalancer.units)).toContain("testudo-acme.timer");
    expect(namesIn(without, loadBalancer.units)).not.toContain("testudo-acme.timer");
    expect(packagesOf(plan, hostOf(plan, "lb1"))).toContain("dehydrated");
    expect(packagesOf(without, hostOf(without, "lb1"))).not.toContain("dehydrated");
    expect(packagesOf(plan, hostOf(plan, "web1"))).not.toContain("dehydrated");
    expect(listenersOf(plan, hostOf(plan, "lb1"))).toEqual(
        listenersOf(without, hostOf(without, "lb1")),
    );
});

test("all names of all sites are asked for", () => {
    const sites = {
        shop: { name: "shop.turtles.org", aliases: ["store.turtles.org"], directory: "shop" },
    };
    const text = textAt("lb1", "/usr/local/lib/testudo/load-balancer/acme.sh", {
        ...withAcme,
        sites,
    });
    expect(text).toContain(
        "names=(www.turtles.org turtles.org shop.turtles.org store.turtles.org)",
    );
});

test("an authority of one's own is believed by its certificates, a public one as browsers do", () => {
    expect(textAt("lb1", client)).not.toContain("--cacert");
    const acme = { ca: "ca.pem", directory: "https://192.0.2.9/dir", email: "o'brien@turtles.org" };
    const text = textAt("lb1", client, { site: { name: "www.corp.internal", acme } });
    expect(text).toContain(" --cacert /etc/testudo/acme/directory-ca.pem");
    expect(text).toContain('CA="https://192.0.2.9/dir"');
    expect(text).toContain(`CONTACT_EMAIL="o'brien@turtles.org"`);
});

test("the balancers look half an hour apart", () => {
    const [first, second] = ["lb1", "lb2"].map((host) =>
        Number(/^OnCalendar=\*-\*-\* \*:(\d\d):00$/m.exec(textAt(host, timer))?.[1]),
    );
    expect(Math.abs((first ?? NaN) - (second ?? NaN))).toBe(30);
});
