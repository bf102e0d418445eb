import { client, give, makeClient } from "./client";
import { figure } from "./figures";
import { Forge, type Shown } from "./forge";
import {
    doorsOfStack,
    titleOf,
    tryDoors,
    type Answer,
    type Door,
    type Knock,
    type Try,
} from "./hops";
import { hostsOf, incus, instances, needsUp, outputs, sh, testudo } from "./lab";

beforeAll(needsUp);

type Tried = Knock & Answer & { readonly what: string };

/** A role that no door is open to. */
const nobody = "ops";

describe("every hop is TLS, and both sides look who the other one is", () => {
    let forge: Forge;
    let doors: Door[] = [];
    let tried: Tried[] = [];

    beforeAll(async () => {
        forge = await Forge.open();
        doors = await doorsOfStack();
        const shows: Record<string, (door: Door) => Promise<Try>> = {
            "its own": () => Promise.resolve("own"),
            "no TLS": () => Promise.resolve("plain"),
            "a stranger's": ({ from, hop }) => forge.certificate("stranger", from, hop.from),
            "an expired one": ({ from, hop }) => forge.certificate("stack", from, hop.from, "past"),
            "another role's": ({ from }) => forge.certificate("stack", from, nobody),
        };
        const knocks: (Knock & { what: string })[] = [];
        const made = new Map<string, Try>();
        for (const [what, show] of Object.entries(shows)) {
            for (const door of doors) {
                const key = `${what} ${door.from} ${door.hop.from}`;
                const one = made.get(key) ?? (await show(door));
                made.set(key, one);
                knocks.push({ what, door, show: one });
            }
        }
        tried = await tryDoors(knocks);
        figure("TLS: doors tried", doors.length, "");
        figure("TLS: connections tried", knocks.length, "");
    }, 180_000);
    afterAll(() => {
        forge.close();
    });

    const shown = (...whats: string[]) => tried.filter(({ what }) => whats.includes(what));

    /** Those that did not answer so, in words. */
    function others(what: string, answer: Tried["answer"]): string[] {
        expect(shown(what)).toHaveLength(doors.length);
        return shown(what)
            .filter((one) => one.answer !== answer)
            .map((one) => `${titleOf(one.door)}: ${one.answer} (${one.detail})`);
    }

    test("with its own certificate each host gets in where it has to, and knows whom it talks to", () => {
        expect(doors.length).toBeGreaterThan(10);
        expect(others("its own", "open")).toEqual([]);
    });

    test.each(["no TLS", "a stranger's", "an expired one"])("with %s nobody gets in", (what) => {
        const open = others(what, "refused");
        figure(`TLS: doors open to ${what}`, open.length, "", 0, open.join("; "));
        expect(open).toEqual([]);
    });

    test("with another role's certificate nobody gets in, but where the daemon knows no roles: named, and the firewall limits who comes", () => {
        const open = shown("another role's").filter((one) => one.answer !== "refused");
        const named = open.filter(({ door }) => door.hop.anyRole !== undefined);
        const unnamed = open.filter(({ door }) => door.hop.anyRole === undefined);
        expect(others("another role's", "refused")).toHaveLength(open.length);
        figure(
            "TLS: doors open to another role's certificate, by daemon",
            new Set(named.map(({ door }) => door.hop.anyRole)).size,
            "",
            undefined,
            [...new Set(named.map(({ door }) => `${door.hop.to} ${door.hop.port}`))].join(", "),
        );
        figure("TLS: doors open to another role's certificate, not named", unnamed.length, "", 0);
        expect(unnamed.map(({ door, detail }) => `${titleOf(door)} (${detail})`)).toEqual([]);
    });

    test("hops without verified mutual TLS: none", () => {
        const bad = new Set(
            [
                ...shown("no TLS", "a stranger's", "an expired one").filter(
                    (one) => one.answer !== "refused",
                ),
                ...shown("its own").filter((one) => one.ends === null),
            ].map(({ door }) => titleOf(door)),
        );
        figure("hops without verified mutual TLS", bad.size, "", 0, [...bad].join("; "));
        expect([...bad]).toEqual([]);
    });

    test("behind Gluster's TLS a brick opens to names that it knows, and to no other host's", async () => {
        const [server] = await hostsOf("storage");
        // The small preset has none.
        if (server === undefined) return;
        const [app = ""] = await hostsOf("app");
        const [member = ""] = await hostsOf("database");
        await give(app, "mount-with");
        const mountWith = ({ certificate, key }: Shown) =>
            sh(app, `bash /root/e2e/mount-with ${server}`, { input: certificate + key });
        expect(await mountWith({ certificate: "", key: "" })).toBe("open");
        expect(await mountWith(await forge.certificate("stack", app, "app"))).toBe("open");
        expect(await mountWith(await forge.certificate("stack", member, "database"))).toMatch(
            /^refused: /,
        );
    });

    test("the edge: visitors know whom they talk to, and nothing is told in plain", async () => {
        if (!(await instances()).some((one) => one.name === client)) await makeClient();
        await give(client, "hops.py");
        const { vip, siteUrl, caCertificate } = await outputs();
        const edge = {
            ...{ address: vip, port: 443, name: new URL(siteUrl).hostname, plain: false },
            ...{ ca: caCertificate, certificate: null, key: null },
            ...{ probe: "http", path: "/", host: new URL(siteUrl).hostname, open: [200] },
        };
        const doorsHere = [
            { ...edge, id: 0 },
            { ...edge, id: 1, plain: true },
            { ...edge, id: 2, ca: forge.stranger },
        ];
        const text = await incus(["exec", client, "--", "python3", "/root/e2e/hops.py"], {
            input: JSON.stringify(doorsHere),
        });
        const answers = text.split("\n").map((line) => JSON.parse(line) as Answer);
        expect(answers.map(({ answer, detail }) => [answer, detail])).toEqual([
            ["open", "status 200"],
            ["refused", expect.anything()],
            ["refused", expect.stringContaining("CERTIFICATE_VERIFY_FAILED")],
        ]);
    });

    test("until when each certificate is valid is known without asking hosts", async () => {
        const finished = await testudo(["certificates", "--json"]);
        expect([finished.code, finished.text.slice(-1000)]).toEqual([0, expect.anything()]);
        const { certificates, servedUntil } = JSON.parse(finished.stdout) as {
            certificates: { name: string; daysLeft: number }[];
            servedUntil: string | null;
        };
        const { hosts } = await outputs();
        for (const [host, { roles }] of Object.entries(hosts)) {
            for (const role of roles.filter((one) => one !== nobody))
                expect(certificates.map(({ name }) => name)).toContain(`${host} ${role}`);
        }
        expect(Math.min(...certificates.map(({ daysLeft }) => daysLeft))).toBeGreaterThan(30);
        expect(servedUntil).not.toBeNull();
    });
});
