import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileOf } from "../helpers/facts";
import { hostOf, planOf } from "../helpers/plans";
import { played } from "./image";

// The limits of the edge and the pages that it keeps, by the image's own HAProxy: both balancers as rendered, real clients,
// real bans.

const plan = planOf({
    loadBalancer: { limits: { connectionsPerAddress: 20 }, pageCacheSeconds: 5 },
});
/** What the scenario says, by name. */
let said = new Map<string, string>();
const numbers = (...names: readonly string[]) => names.map((name) => Number(said.get(name)));

beforeAll(() => {
    said = played((work) => {
        cpSync(join(__dirname, "edge"), work, { recursive: true });
        cpSync(join(__dirname, "make-keys"), join(work, "make-keys"));
        for (const client of ["guess.py", "slow.py", "prober.py"])
            cpSync(join(__dirname, "..", "e2e", "client", client), join(work, client));
        for (const name of ["lb1", "lb2"])
            writeFileSync(
                join(work, `${name}.cfg`),
                fileOf(plan, hostOf(plan, name), "/etc/haproxy/haproxy.cfg"),
            );
    });
}, 180_000);

test("twenty guesses a minute reach the site, whichever door they try", () => {
    expect(numbers("guesses-past", "guesses-unanswered")).toEqual([20, 0]);
});

test("who goes on is banned from the form, however its address is spelled, and may read", () => {
    expect(numbers("banned-form", "banned-page")).toEqual([429, 200]);
});

test("both balancers know the ban; reload, restart and the other balancer keep it, and nothing prolongs it", () => {
    const left = numbers("left-lb1", "left-lb2", "left-reloaded", "left-restarted");
    for (const seconds of left) expect(seconds).toBeGreaterThan(600);
    for (const seconds of left) expect(seconds).toBeLessThan(900);
    // A balancer that is told of a ban counts from that moment, which may lie across the end of a second.
    for (const [index, seconds] of left.slice(1).entries())
        expect(seconds).toBeLessThanOrEqual((left[index] ?? 0) + 1);
    expect(numbers("moved-form", "moved-page")).toEqual([429, 200]);
});

test("others log in meanwhile", () => {
    expect(numbers("moved-login")).toEqual([302]);
});

test("slow clients have what one address may have, are shown the door in time, and cost others nothing", () => {
    expect(numbers("slow-most", "others-failed")).toEqual([20, 0]);
    expect(numbers("slow-longest")[0]).toBeLessThan(20);
    expect(numbers("others-asked")[0]).toBeGreaterThan(50);
});

test("headers that browsers go by, and no program's version", () => {
    const headers = (said.get("headers") ?? "").toLowerCase();
    for (const header of [
        "strict-transport-security: max-age=15552000",
        "x-content-type-options: nosniff",
        "x-frame-options: sameorigin",
        "referrer-policy: strict-origin-when-cross-origin",
    ])
        expect(headers).toContain(header);
    expect(headers).not.toMatch(/(^|\|)(server|x-powered-by):/);
    expect(numbers("frames-of-embed")).toEqual([0]);
});

test("strangers get the page that a web host has kept, whatever counts them; who is known gets one of his own", () => {
    expect(numbers("pages-strangers", "pages-counted")).toEqual([1, 1]);
    expect(numbers("pages-known", "pages-named")).toEqual([5, 5]);
});

test("a page is compressed for those who ask for it, and only for them", () => {
    expect([said.get("pages-gzip"), said.get("pages-plain")]).toEqual(["1 1", "1"]);
});

test("whoever has been told that it is saved finds no page of before, and pages are kept again soon", () => {
    expect(numbers("publish-told", "publish-seen")).toEqual([1, 1]);
    expect(numbers("pages-published")).toEqual([5]);
});

test("a kept page's answer has an id of its own, and says who gave it", () => {
    expect(numbers("kept-ids")).toEqual([3]);
    expect((said.get("kept-heads") ?? "").toLowerCase()).toBe(
        "strict-transport-security: max-age=15552000|x-page-cache: edge|x-served-by: lb1",
    );
});

test("of a length and an encoding one goes on, and no second spelling of a header", () => {
    expect((said.get("passed-on") ?? "").toLowerCase().split("|").sort()).toEqual([
        "transfer-encoding: chunked",
        "x-forwarded-for: 10.91.0.11",
    ]);
});
