import { acmeFlows, acmeOf } from "../../../components/cluster/acme";
import { outbound } from "../../../components/cluster/flows";
import { flowsOf } from "../../../components/roles/all";
import { hostOf, planFaults, planOf, withAcme, type Values } from "../../helpers/plans";

const site = withAcme.site as Values;
const at = (more: Values, values: Values = {}): Values => ({
    ...withAcme,
    ...values,
    site: { ...site, ...more },
});
const shop = { name: "shop.example.com", directory: "sites/shop" };

test.each<[string, Values, string]>([
    [
        "a site that lives at the floating address",
        { ...withAcme, site: { acme: {} } },
        "testudo:site.name: is required with testudo:site.acme",
    ],
    [
        "a reserved name",
        at({ name: "www.example.org" }),
        "testudo:site.name: needs a public name with testudo:site.acme",
    ],
    [
        "a network's own name",
        at({ name: "intranet.corp.internal" }),
        "testudo:site.name: needs a public name",
    ],
    ["localhost's like", at({ name: "www.localhost" }), "testudo:site.name: needs a public name"],
    [
        "an alias that nobody can vouch for",
        at({ aliases: ["turtles.org", "turtles.test"] }),
        "testudo:site.aliases.1: needs a public name",
    ],
    [
        "a further site's reserved name",
        at({}, { sites: { shop } }),
        "testudo:sites.shop.name: needs a public name",
    ],
    [
        "a name without a dot",
        at({ name: "turtles" }),
        "testudo:site.name: needs a DNS name in lower case",
    ],
    [
        "a certificate of one's own beside it",
        at({ certificate: "site.pem" }),
        "testudo:site.acme: is not to be there with testudo:site.certificate",
    ],
    [
        "a key of one's own beside it",
        at({}, { siteKey: "site.key" }),
        "testudo:site.acme: is not to be there with testudo:site.certificate and testudo:siteKey",
    ],
    [
        "an authority that nobody finds",
        at({}, { egress: {} }),
        "testudo:egress.dns: is required with testudo:site.acme.directory",
    ],
    [
        "an authority on a host of ours",
        at({ acme: { directory: "https://10.91.1.9/dir" } }),
        "testudo:site.acme.directory: must not be inside testudo:network.private (10.91.1.0/24)",
    ],
    [
        "a directory without TLS",
        at({ acme: { directory: "http://acme.turtles.org/dir" } }),
        "testudo:site.acme.directory: needs an address such as https://",
    ],
    [
        "a directory's port that is none",
        at({ acme: { directory: "https://acme.turtles.org:99999/dir" } }),
        "testudo:site.acme.directory: needs an address such as https://",
    ],
    [
        "a directory that a shell would read otherwise",
        at({ acme: { directory: "https://acme.turtles.org/$(id)" } }),
        "testudo:site.acme.directory: needs an address such as https://",
    ],
    [
        "more names than a certificate takes",
        at({ aliases: Array.from({ length: 100 }, (_, n) => `www${n}.turtles.org`) }),
        "testudo:site.acme: needs at most 100 names",
    ],
    [
        "a mistyped key",
        at({ acme: { mail: "a@turtles.org" } }),
        "testudo:site.acme.mail: is not a key",
    ],
])("%s is refused, by name", (_, values, line) => {
    expect(planFaults(values).join("\n")).toContain(line);
});

test("an authority of one's own signs for names that are not public", () => {
    const acme = { directory: "https://192.0.2.9:14000/dir", ca: "ca.pem" };
    const values = { site: { name: "www.corp.internal", acme } };
    expect(planFaults(values)).toEqual([]);
    expect(acmeOf(planOf(values).config)).toMatchObject({
        hasOwnAuthority: true,
        host: "192.0.2.9",
        port: 14_000,
    });
});

test("without a word of it the authority is Let's Encrypt, and nothing of it is there without the key", () => {
    expect(acmeOf(planOf(withAcme).config)?.directory).toBe(
        "https://acme-v02.api.letsencrypt.org/directory",
    );
    expect(acmeOf(planOf().config)).toBeUndefined();
    expect(acmeFlows(planOf())).toEqual([]);
});

test("balancers alone may ask the authority, wherever its name leads or at its address alone", () => {
    const rulesOf = (values: Values, host: string) => {
        const plan = planOf(values);
        return outbound(plan, flowsOf(plan), hostOf(plan, host)).filter(({ why }) =>
            why.includes("certificate"),
        );
    };
    expect(rulesOf(withAcme, "lb2")).toEqual([
        expect.objectContaining({
            port: 443,
            peers: [],
            except: ["10.91.0.0/24", "10.91.1.0/24"],
        }),
    ]);
    expect(rulesOf(withAcme, "web1")).toEqual([]);
    expect(rulesOf({}, "lb1")).toEqual([]);
    const directory = "https://192.0.2.9:14000/dir";
    expect(rulesOf(at({ acme: { directory } }), "lb1")).toEqual([
        expect.objectContaining({ port: 14_000, peers: ["192.0.2.9/32"] }),
    ]);
});
