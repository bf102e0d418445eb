import { loss } from "./analysis";
import { needsClient, visitors } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import { counted, knock, marks, packet, placeOf, unwatch, visitorsPlace, watch } from "./flows";
import { changed, changedStackFile, needsUp, outputs, stateDigest, testudo, up } from "./lab";

beforeAll(needsUp);

const search = { from: "web", to: "database", protocol: "tcp", port: 7777, why: "search index" };

/** A flow between our own hosts, and one to the visitor. */
async function own(): Promise<readonly object[]> {
    const { address } = await visitorsPlace();
    const only = [`${address}/32`];
    return [
        search,
        { from: "app", to: "outside", protocol: "udp", port: 7778, only, why: "metrics" },
    ];
}

/** Which of these, and of their like, get to where they are for. */
async function open(): Promise<string[]> {
    const visitor = await visitorsPlace();
    const [web, app, db] = await Promise.all(["web1", "app1", "db1"].map(placeOf));
    if (web === undefined || app === undefined || db === undefined) throw new Error("no hosts");
    const tries = [
        { from: web, to: db },
        { from: web, to: visitor },
        { from: app, to: db },
        { from: app, to: visitor },
    ];
    const watching = [...db.hosts, ...visitor.hosts];
    await watch(watching);
    try {
        for (const from of [web, app])
            await knock(from, {
                mark: marks.asIs,
                targets: [db.address, visitor.address],
                ports: [7777, 7778],
                vrrp: [],
            });
        const { passed } = await counted(watching);
        return tries.flatMap(({ from, to }) =>
            ["tcp", "udp"].flatMap((protocol) =>
                [7777, 7778]
                    .filter((port) => passed.has(packet(from, to, marks.asIs, protocol, port)))
                    .map((port) => `${from.hosts.join()} → ${to.hosts.join()} ${protocol} ${port}`),
            ),
        );
    } finally {
        await unwatch(watching);
    }
}

describe("flows of one's own", () => {
    test("one up opens them at both ends and at the border, and no request fails meanwhile", async () => {
        await needsClient();
        expect(await open()).toEqual([]);
        const asking = await visitors();
        const finished = await up([], { file: changedStackFile("flows", { flows: await own() }) });
        const lost = loss(await asking.stop());
        figure("flows opened: up", finished.seconds, "s");
        figure(`flows opened: failed GETs of ${lost.attempts}`, lost.failed, "", 0);
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        const touched = changed(finished);
        expect(touched.filter((name) => !/^dmz-border$|-(base|confirm)$/.test(name))).toEqual([]);
        expect(touched.filter((name) => /-(lb|inner|cache|storage|ops)\d-/.test(name))).toEqual([]);
        expect(await open()).toEqual(["web1 → db1 tcp 7777", "app1 → visitor udp 7778"]);
        expect(lost.errors).toEqual({});
        const { stdout } = await testudo(["flows"]);
        expect(stdout).toMatch(/^web +database +tcp 7777 +search index$/m);
        expect(stdout).toMatch(/^app +outside \([\d.]+\/32\) +udp 7778 +metrics$/m);
    }, 300_000);

    test("the next one closes them", async () => {
        const finished = await up();
        expect(finished.code).toBe(0);
        expect(await open()).toEqual([]);
        await whole(60);
    }, 300_000);

    test("those that may not be are refused, all at once, by the key as typed", async () => {
        const { vip } = await outputs();
        const before = await stateDigest();
        const finished = await up([], {
            file: changedStackFile("bad-flows", {
                flows: [
                    { ...search, from: "mail" },
                    { ...search, port: 65_536 },
                    { ...search, from: "outside" },
                    { ...search, protocol: "sctp" },
                    { ...search, from: "load-balancer", to: "web", port: 8443 },
                ],
                egress: { dns: [vip] },
                network: { outside: `${vip.replace(/\.\d+$/, "")}.0/24` },
            }),
        });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toContain("nothing was changed");
        for (const key of [
            "flows.0.from",
            "flows.1.port",
            "flows.2.to",
            "flows.3.protocol",
            "flows.4",
            "egress.dns.0",
            "network.outside",
        ])
            expect(finished.text).toContain(`testudo:${key}: `);
        expect(changed(finished)).toEqual([]);
        expect(await stateDigest()).toBe(before);
    });
});
