import { loadBalancer } from "../../../components/roles/load-balancer-pair";
import { fileOf } from "../../helpers/facts";
import { full, hostOf, planFaults, planOf, roleFaults, type Values } from "../../helpers/plans";

const haproxy = "/etc/haproxy/haproxy.cfg";
const edge = (values: Values = {}) => {
    const plan = planOf(values);
    return fileOf(plan, hostOf(plan, "lb1"), haproxy);
};
const limited = (limits: Values, more: Values = {}) => edge({ loadBalancer: { limits, ...more } });

describe("connections", () => {
    test("one address has an eighth of them, counted before TLS at both doors", () => {
        const frontends = edge().split(/^frontend /m);
        for (const door of ["http", "https"]) {
            const text = frontends.find((one) => one.startsWith(`${door}\n`)) ?? "";
            expect(text).toContain("tcp-request connection reject if { sc1_conn_cur gt 500 }");
            expect(text.indexOf("tcp-request connection reject")).toBeLessThan(
                text.indexOf("http-request"),
            );
        }
    });

    test("the share follows maxConnections, unless a number is given", () => {
        expect(limited({}, { maxConnections: 800 })).toContain("sc1_conn_cur gt 100 }");
        expect(limited({ connectionsPerAddress: 77 })).toContain("sc1_conn_cur gt 77 }");
    });

    test("neither door may take all", () => {
        const numbers = [...edge().matchAll(/^ +maxconn (\d+)$/gm)].map((match) =>
            Number(match[1]),
        );
        expect(numbers).toEqual([4000, 1000, 3500]);
    });

    test("more than half of them for one address is refused", () => {
        const limits = { connectionsPerAddress: 501 };
        expect(
            roleFaults(loadBalancer, { loadBalancer: { maxConnections: 1000, limits } }),
        ).toEqual([
            "testudo:loadBalancer.limits.connectionsPerAddress: needs to be at most half of testudo:loadBalancer.maxConnections (500), because one address alone could keep everybody else out; got 501",
        ]);
    });
});

describe("password guessing", () => {
    test("twice the limit is a ban, which both balancers know and nothing prolongs", () => {
        const text = limited({ loginsPerMinute: 7, banMinutes: 60, failedLogins: 11 });
        expect(text).toContain("if { sc0_http_req_rate gt 7 } or { sc2_tracked }");
        expect(text).toContain("if { sc0_http_req_rate gt 14 } or { sc0_gpc0_rate ge 11 }");
        expect(text).toMatch(/^backend bans\n +stick-table .* expire 60m .*peers balancers$/m);
        expect(text.match(/track-sc2/g)).toHaveLength(1);
        // Kept for longer than the time in which wrong passwords are counted.
        expect(text).toMatch(/^backend logins\n +stick-table .* expire 62m .*gpc0_rate\(60m\)/m);
    });

    test("a ban closes nothing but login pages, and answers before anything is counted", () => {
        const text = edge();
        expect(text).toMatch(/Retry-After 900 if is_login \{ src,in_table\(bans\) \} !exempt$/m);
        expect(text.indexOf("in_table(bans)")).toBeLessThan(text.indexOf("track-sc0"));
    });

    test("a site's own login pages are counted as well", () => {
        expect(limited({ loginPaths: ["/account/login"] })).toContain(
            "acl is_login path,url_dec -m sub wp-login.php xmlrpc.php /account/login\n",
        );
    });
});

test("who is exempt is in no count", () => {
    const text = limited({ exempt: ["192.0.2.0/24"] });
    expect(text.match(/acl exempt src 127\.0\.0\.0\/8 192\.0\.2\.0\/24$/gm)).toHaveLength(2);
    for (const line of text.split("\n").filter((one) => /track-sc[01] /.test(one)))
        expect(line).toContain("exempt");
});

test("requests are counted over ten seconds, and with 0 not at all", () => {
    expect(limited({ requestsPerSecond: 50 })).toContain("sc1_http_req_rate gt 500 }");
    expect(limited({ requestsPerSecond: 0 })).not.toContain("sc1_http_req_rate");
});

test.each<[string, Values, string]>([
    [
        "no ban at all",
        { banMinutes: 0 },
        "testudo:loadBalancer.limits.banMinutes: does not fit (number must be greater than or equal to 1), because the plan is made from it; got 0",
    ],
    [
        "a name for a network",
        { exempt: ["office"] },
        'testudo:loadBalancer.limits.exempt.0: needs an IPv4 network such as 10.91.0.0/24, host bits zero, because the plan is made from it; got "office"',
    ],
    [
        "all of the site as a login page",
        { loginPaths: ["/"] },
        'testudo:loadBalancer.limits.loginPaths.0: needs more than /, which is part of every address, because the plan is made from it; got "/"',
    ],
    [
        "a path that would end HAProxy's line",
        { loginPaths: ["/login if TRUE"] },
        'testudo:loadBalancer.limits.loginPaths.0: needs a path such as /about/us, of A-Z a-z 0-9 . _ ~ - /, because the plan is made from it; got "/login if TRUE"',
    ],
])("%s is refused", (_, limits, message) => {
    expect(planFaults({ loadBalancer: { limits } })).toEqual([message]);
});

describe("what browsers are told", () => {
    test.each([
        [{}, "max-age=15552000"],
        [{ hstsDays: 1 }, "max-age=86400"],
        // So that a browser that has learnt it forgets.
        [{ hstsDays: 0 }, "max-age=0"],
    ])("https only, for as long as the site says: %j", (site, header) => {
        expect(edge({ site })).toContain(`set-header Strict-Transport-Security ${header} unless`);
    });
});

describe("xmlrpc.php", () => {
    const site = "/etc/nginx/conf.d/site.conf";
    const nginx = (values: Values) => {
        const plan = planOf({ ...full, ...values });
        return fileOf(plan, hostOf(plan, "web1"), site);
    };

    test("is closed unless the site asks for it", () => {
        expect(nginx({})).toMatch(/location = \/xmlrpc\.php \{\s+return 403;/);
        expect(nginx({ site: { xmlrpc: true } })).not.toContain("location = /xmlrpc.php");
    });
});
