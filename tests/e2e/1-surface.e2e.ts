import { client, curl } from "./client";
import { figure } from "./figures";
import { needsUp, outputs, sh } from "./lab";
import { scan } from "./scanner";

beforeAll(needsUp);

/** What a scanner for the public web says of an authority of one's own. */
const ours: Readonly<Record<string, string>> = {
    cert_revocation:
        "the stack's own authority has no revocation list: a lost key is replaced by an `up`, with its authority",
    cert_extlifeSpan:
        "398 days are the browsers' rule for public authorities; the stack's own certificates are renewed by an `up`",
    cert_validityPeriod: "the same",
    ipv4_in_header: "this stack's site has no name but its address, which WordPress' links show",
};
/** Of the scanner's own host, not of the edge. */
const scanners = ["engine_problem"];

describe("the edge, as a scanner sees it", () => {
    test("testssl.sh grades it A+ and finds nothing of medium severity but what an authority of one's own means", async () => {
        const { findings, grade, seconds } = await scan();
        const grave = findings
            .filter(({ severity }) => ["MEDIUM", "HIGH", "CRITICAL", "WARN"].includes(severity))
            .filter(({ id }) => !scanners.includes(id));
        const excused = grave.filter(({ id }) => id in ours);
        figure(
            "edge: seconds that the scan took",
            seconds,
            "s",
            60,
            `grade ${grade}; ${findings.length} findings, excused: ${excused.map(({ id }) => id).join(", ")}`,
        );
        expect(grave.filter(({ id }) => !(id in ours))).toEqual([]);
        expect(grade).toBe("A+");
        // The profile, by what was found, and not only by what was not.
        const found = (id: string) => findings.find((one) => one.id === id)?.finding;
        expect(found("TLS1_2")).toContain("offered");
        expect(found("TLS1_3")).toContain("offered");
        expect(found("FS_KEMs")).toContain("X25519MLKEM768");
        expect(found("cert_chain_of_trust")).toContain("passed");
    }, 400_000);

    test("browsers are offered HTTP/2, older clients HTTP/1.1", async () => {
        const { siteUrl } = await outputs();
        const version = (option: string) =>
            curl([option, "--output", "/dev/null", "--write-out", "%{http_version}", siteUrl]);
        expect(await version("--http2")).toBe("2");
        expect(await version("--http1.1")).toBe("1.1");
    });
});

describe("what the edge says of itself", () => {
    test.each([
        ["a page", ""],
        ["the login form", "wp-login.php"],
        ["a file", "wp-includes/images/blank.gif"],
        ["the balancer's own refusal", "-/health"],
    ])(
        "%s: the headers that browsers go by, once each, and no program's version",
        async (_, path) => {
            const { siteUrl } = await outputs();
            const head = await headers([`${siteUrl}${path}`]);
            expect(head.get("strict-transport-security")).toEqual(["max-age=15552000"]);
            expect(head.get("x-content-type-options")).toEqual(["nosniff"]);
            expect(head.get("x-frame-options")).toEqual(["SAMEORIGIN"]);
            expect(head.get("referrer-policy")).toEqual(["strict-origin-when-cross-origin"]);
            expect(head.has("server")).toBe(false);
            expect(head.has("x-powered-by")).toBe(false);
        },
    );

    test("a post may be shown in other sites, in the form that WordPress makes for that", async () => {
        const { siteUrl } = await outputs();
        const posts = JSON.parse(await curl([`${siteUrl}wp-json/wp/v2/posts?per_page=1`])) as {
            readonly link: string;
        }[];
        const post = new URL(posts[0]?.link ?? "");
        post.searchParams.set("embed", "true");
        const head = await headers([post.href, "--location"]);
        expect(head.get("x-wp-embed")).toEqual(["true"]);
        expect(head.has("x-frame-options")).toBe(false);
    });
});

describe("what the edge does not pass on", () => {
    test.each([
        ["two lengths", "Content-Length: 4\r\nContent-Length: 5"],
        ["a length that is none", "Content-Length: +4"],
        ["an encoding that it does not know", "Transfer-Encoding: chunked, nothing"],
        ["a header's name with a blank", "X-Blank : 1"],
    ])("%s: a request that two servers could read differently", async (_, line) => {
        const { vip } = await outputs();
        const request = `POST / HTTP/1.1\\r\\nHost: ${vip}\\r\\n${line.replaceAll("\r\n", "\\r\\n")}\\r\\n\\r\\nabcd`;
        const answer = await sh(
            client,
            `{ printf '${request}'; sleep 1; } | timeout 10 openssl s_client -quiet -verify_quiet -CAfile /root/e2e/ca.pem -connect ${vip}:443 2>/dev/null | head -n 1`,
        );
        expect(answer.trim()).toMatch(/^HTTP\/1\.1 400 /);
    });
});

/** Of the last answer, by name in lower case. */
async function headers(args: readonly string[]): Promise<Map<string, string[]>> {
    const text = await curl(["--dump-header", "-", "--output", "/dev/null", ...args]);
    const last =
        text
            .trim()
            .split(/\r?\n\r?\n/)
            .at(-1) ?? "";
    const all = new Map<string, string[]>();
    for (const line of last.split(/\r?\n/).slice(1)) {
        const [name = "", ...value] = line.split(":");
        const key = name.toLowerCase();
        all.set(key, [...(all.get(key) ?? []), value.join(":").trim()]);
    }
    return all;
}
