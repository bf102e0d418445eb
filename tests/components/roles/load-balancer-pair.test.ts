import { loadBalancer } from "../../../components/roles/load-balancer-pair";
import { fileOf } from "../../helpers/facts";
import { hostOf, planOf, roleFaults, type Values } from "../../helpers/plans";

const haproxy = "/etc/haproxy/haproxy.cfg";
const keepalived = "/etc/keepalived/keepalived.conf";
const plan = planOf();
const file = (host: string, path: string) => fileOf(plan, hostOf(plan, host), path);

test("three balancers are refused: one address has one holder and one successor", () => {
    const found = roleFaults(loadBalancer, { loadBalancer: { count: 3 } });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^testudo:loadBalancer\.count: needs to be 2 .*; got 3$/);
});

test("two balancers are refused by nobody", () => {
    expect(roleFaults(loadBalancer, {})).toEqual([]);
});

test("both balancers say BACKUP and have different priorities, so that nobody preempts", () => {
    const [first, second] = ["lb1", "lb2"].map((host) => file(host, keepalived));
    expect([first, second].map((text) => /state (\w+)/.exec(text ?? "")?.[1])).toEqual([
        "BACKUP",
        "BACKUP",
    ]);
    expect([first, second].map((text) => /^\s*priority (\d+)/m.exec(text ?? "")?.[1])).toEqual([
        "150",
        "140",
    ]);
    expect(first).toContain("nopreempt");
});

test("each balancer's peer is the other one", () => {
    expect(file("lb1", keepalived)).toContain("10.91.0.12");
    expect(file("lb2", keepalived)).toContain("10.91.0.11");
});

test("a balancer's own place among the peers is its bind line", () => {
    expect(file("lb2", haproxy)).toMatch(/server lb1 10\.91\.0\.11:10000/);
    expect(file("lb2", haproxy)).not.toMatch(/server lb2 10\.91\.0\.12/);
});

test("every web host is a server, each with a number of its own that stays when others come", () => {
    const nine = planOf({ web: { count: 9 } });
    const servers =
        fileOf(nine, hostOf(nine, "lb1"), haproxy).match(/^\s*server web\d .*$/gm) ?? [];
    expect(servers).toHaveLength(9);
    for (const line of file("lb1", haproxy).match(/^\s*server web\d .*$/gm) ?? []) {
        expect(servers).toContain(line);
    }
});

test("the bastion forwards to sshd of the private hosts and to nothing else", () => {
    const targets = /^PermitOpen (.*)$/m.exec(file("lb1", "/etc/testudo/bastion/sshd_config"))?.[1];
    expect(targets?.split(" ").sort()).toEqual(
        plan.hosts
            .filter(({ zone }) => zone === "private")
            .map(({ address }) => `${address}:22`)
            .sort(),
    );
});

test("a key at the bastion may forward and do nothing else", () => {
    expect(file("lb1", "/etc/testudo/bastion/authorized_keys")).toBe(
        "restrict,port-forwarding ssh-ed25519 PUBLIC operator\n",
    );
});

test("scheduled work is asked for once, and for as long as the clock waits for it", () => {
    const text = file("lb1", haproxy);
    expect(text).toContain("http-request disable-l7-retry if { src 127.0.0.0/8 }");
    const timeouts = text.match(/http-request set-timeout server .*/g);
    expect(timeouts?.at(-1)).toBe("http-request set-timeout server 50s if { src 127.0.0.0/8 }");
});

describe("pages at the edge", () => {
    const edge = (values: Values = {}) => {
        const other = planOf(values);
        return fileOf(other, hostOf(other, "lb1"), haproxy);
    };
    const seconds = (values: Values) => /^ +max-age (\d+)$/m.exec(edge(values))?.[1];

    test("are kept for a second, and never longer than on web hosts", () => {
        expect(seconds({})).toBe("1");
        expect(seconds({ loadBalancer: { pageCacheSeconds: 9 } })).toBe("9");
        expect(
            seconds({ loadBalancer: { pageCacheSeconds: 9 }, web: { pageCacheSeconds: 4 } }),
        ).toBe("4");
    });

    test.each<[string, Values]>([
        ["asked not to", { loadBalancer: { pageCacheSeconds: 0 } }],
        ["web hosts keep none", { web: { pageCacheSeconds: 0 } }],
        ["the site is not WordPress", { site: { application: "php", directory: "sites/main" } }],
    ])("are not kept where %s", (_, values) => {
        expect(edge(values)).not.toMatch(/cache|x-page/i);
    });

    test("are those that nginx has kept for strangers, by the same list of cookies", () => {
        const nginx = fileOf(plan, hostOf(plan, "web1"), "/etc/nginx/conf.d/site.conf");
        const known = /map \$http_cookie [^"]+"~\*([^"]+)"/.exec(nginx)?.[1] ?? "none";
        expect(edge()).toContain(`req.fhdr(cookie) -m reg -i '${known}'`);
        expect(edge()).toContain("cache-store pages if { res.hdr(x-page-cache) -m str HIT }");
    });
});
