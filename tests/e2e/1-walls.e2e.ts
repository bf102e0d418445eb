import type { Flow } from "../../components/cluster/types";
import { listenersOf } from "../../components/roles/all";
import { needsClient } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import {
    cast,
    connects,
    counted,
    isDeclared,
    knock,
    listening,
    marks,
    packet,
    planOfStack,
    unwatch,
    watch,
    withoutWall,
    type Answer,
    type Counted,
    type Place,
} from "./flows";
import { needsUp, outputs, testudo } from "./lab";

/** Nobody has it (RFC 5737), and no packet to it leaves the host. */
const nowhere: Place = { hosts: [], address: "192.0.2.1", roles: [], zone: "outside" };
const plan = planOfStack();
/** Every port that any role listens on, on loopback too, and what a program may ask the world for. */
const ports = [
    ...new Set([
        ...plan.hosts.flatMap((host) => listenersOf(plan, host).map(({ port }) => port)),
        ...[53, 80, 123, 443],
    ]),
].sort((a, b) => a - b);
const services = (["tcp", "udp"] as const).flatMap((protocol) =>
    ports.map((port) => ({ protocol, port })),
);

let flows: readonly Flow[] = [];
let askers: Place[] = [];
let asked: Place[] = [];
let visitor: Place;
let watching: string[] = [];
let seen: Counted;
const answers = { asIs: new Map<Place, Answer>(), unwalled: new Map<Place, Answer>() };

beforeAll(needsUp);

/** Whom somebody asks; what has its own address, or may have, is no stranger's. */
function targetsOf(from: Place, mark: keyof typeof marks): Place[] {
    const others = [...asked, ...(from === visitor ? [] : [visitor])];
    return [
        ...others.filter(({ hosts }) => !hosts.some((host) => from.hosts.includes(host))),
        // Without the host's own wall it would be for others to keep it in the lab.
        ...(mark === "asIs" && from !== visitor ? [nowhere] : []),
    ];
}

function isAsker({ hosts }: Place): boolean {
    return askers.some((asker) => hosts.some((host) => asker.hosts.includes(host)));
}

interface Try {
    readonly from: Place;
    readonly to: Place;
    readonly protocol: "tcp" | "udp";
    readonly port: number;
    readonly isDeclared: boolean;
}

function triesOf(from: Place, mark: keyof typeof marks): Try[] {
    return targetsOf(from, mark).flatMap((to) =>
        services.map(({ protocol, port }) => ({
            from,
            to,
            protocol,
            port,
            isDeclared: isDeclared(flows, from, to, protocol, port),
        })),
    );
}

const allTries = (mark: keyof typeof marks) => askers.flatMap((from) => triesOf(from, mark));
const said = ({ from, to, protocol, port }: Try) =>
    `${from.hosts.join("/")} → ${to.hosts.join("/") || to.address} ${protocol} ${port}`;
const got = (set: ReadonlySet<string>, mark: keyof typeof marks) => (one: Try) =>
    set.has(packet(one.from, one.to, marks[mark], one.protocol, one.port));

describe("what is declared is open, and nothing else", () => {
    beforeAll(async () => {
        await needsClient();
        const told = await testudo(["flows", "--json"]);
        if (told.code !== 0) throw new Error(told.text);
        ({ flows } = JSON.parse(told.stdout) as { flows: readonly Flow[] });
        ({ askers, asked, visitor } = await cast());
        watching = [...new Set([...askers, ...asked].flatMap(({ hosts }) => hosts))];
        await watch(watching);
        try {
            for (const mark of ["asIs", "unwalled"] as const) {
                const ask = async (from: Place) => {
                    const targets = targetsOf(from, mark);
                    const answer = await knock(from, {
                        mark: marks[mark],
                        targets: targets.map(({ address }) => address),
                        ports,
                        vrrp: targets
                            .filter((to) => !isDeclared(flows, from, to, "vrrp"))
                            // Two that ask each other without walls would each take it for an answer.
                            .filter((to) => mark === "asIs" || !isAsker(to))
                            .map(({ address }) => address),
                    });
                    answers[mark].set(from, answer);
                };
                await Promise.all(
                    askers.map((from) =>
                        mark === "asIs"
                            ? ask(from)
                            : withoutWall(from.hosts[0] ?? "", () => ask(from)),
                    ),
                );
            }
            seen = await counted(watching);
        } finally {
            await unwatch(watching);
        }
    });

    test("each try was made", () => {
        for (const mark of ["asIs", "unwalled"] as const)
            for (const from of askers)
                expect([from.hosts, answers[mark].get(from)?.tried]).toEqual([
                    from.hosts,
                    triesOf(from, mark).length,
                ]);
        const partiesOf = ({ roles }: Place) => (roles.length === 0 ? ["outside"] : roles);
        const pairs = new Set(
            askers.flatMap((from) =>
                targetsOf(from, "asIs").flatMap((to) =>
                    partiesOf(from).flatMap((a) => partiesOf(to).map((b) => `${a} → ${b}`)),
                ),
            ),
        );
        const tries = allTries("asIs").length + allTries("unwalled").length;
        figure(
            "role pairs × ports tried, TCP and UDP",
            pairs.size * services.length,
            "",
            undefined,
            `${pairs.size} pairs, ${ports.length} ports, ${tries} tries from ${askers.length} places`,
        );
        expect(tries).toBeGreaterThan(1000);
    });

    test("declared flows are open: they pass the receiver's firewall, and who listens there answers", () => {
        const declared = allTries("asIs").filter((one) => one.isDeclared);
        const closed = declared.filter((one) => {
            const host = plan.hosts.find(({ address }) => address === one.to.address);
            const listens =
                host !== undefined &&
                listenersOf(plan, host).some(
                    ({ protocol, port, scope, sometimes }) =>
                        protocol === one.protocol &&
                        port === one.port &&
                        scope === "network" &&
                        !sometimes,
                );
            const answered = answers.asIs
                .get(one.from)
                ?.open.includes(`${one.protocol} ${one.to.address} ${one.port}`);
            const leaves = one.to.hosts.length === 0;
            return !leaves && (!got(seen.passed, "asIs")(one) || (listens && answered !== true));
        });
        figure("declared found closed", closed.length, "", 0, `of ${declared.length}`);
        expect(declared.length).toBeGreaterThan(15);
        expect(closed.map(said)).toEqual([]);
    });

    test("undeclared: nothing passes a receiver's firewall, even from a host that has none of its own", () => {
        const open = (["asIs", "unwalled"] as const).flatMap((mark) =>
            allTries(mark)
                .filter((one) => !one.isDeclared)
                .filter(got(seen.passed, mark)),
        );
        figure("undeclared found open", open.length, "", 0);
        expect(open.map(said)).toEqual([]);
    });

    test("each wall holds by itself: the asking host's, the border's, the receiver's", () => {
        const undeclared = (mark: keyof typeof marks) =>
            allTries(mark).filter((one) => !one.isDeclared);
        // The host's own wall, and for visitors the border: not even an arrival.
        expect(undeclared("asIs").filter(got(seen.arrived, "asIs")).map(said)).toEqual([]);
        const arrived = undeclared("unwalled").filter(got(seen.arrived, "unwalled"));
        expect(arrived.filter(({ from, to }) => from.zone !== to.zone).map(said)).toEqual([]);
        // Else the receiver's wall would not have been tried.
        const neighbours = undeclared("unwalled").filter(
            ({ from, to }) => from.zone === to.zone && from !== visitor,
        );
        figure("tries that the receiver's own wall stopped", arrived.length, "");
        expect(arrived.length).toBe(neighbours.length);
    });

    test("VRRP goes between the balancers of a pair, and comes from nobody else", async () => {
        const { hosts } = await outputs();
        const placeAt = (address: string): Place => {
            const found = Object.entries(hosts).find(([, host]) => host.address === address);
            return found === undefined
                ? { ...nowhere, address }
                : { hosts: [found[0]], ...found[1] };
        };
        const pairs = [...seen.adverts].map((line) => line.split(" ").map(placeAt));
        const strange = pairs.filter(
            ([from = nowhere, to = nowhere]) => !isDeclared(flows, from, to, "vrrp"),
        );
        expect(strange).toEqual([]);
        for (const { from } of flows.filter(({ protocol }) => protocol === "vrrp"))
            expect(pairs.flatMap(([one]) => one?.roles ?? [])).toContain(from);
    });

    test("a host that asks for what is closed is told so at once, also for time, names and mirrors", () => {
        const own = askers.filter((from) => from !== visitor);
        const hanging = own.flatMap((from) =>
            triesOf(from, "asIs")
                .filter((one) => !one.isDeclared)
                .filter(({ to, protocol, port }) =>
                    answers.asIs.get(from)?.silent.includes(`${protocol} ${to.address} ${port}`),
                ),
        );
        expect(hanging.map(said)).toEqual([]);
        const slowest = Math.max(...own.map((from) => answers.asIs.get(from)?.seconds ?? NaN));
        figure("longest wait for a refusal", slowest, "s", 1);
    });

    test("who deploys connects to balancers only, and there to what is declared", async () => {
        const tries = asked.flatMap((to) => ports.map((port) => ({ to, port })));
        const answered = await Promise.all(
            tries.map(async ({ to, port }) => connects(to.address, port)),
        );
        const isOperators = ({ to, port }: (typeof tries)[number]) =>
            flows.some(
                (flow) =>
                    flow.from === "operator" &&
                    to.roles.some((role) => role === flow.to) &&
                    flow.port === port,
            );
        const name = ({ to, port }: (typeof tries)[number]) => `${to.address} ${port}`;
        const open = tries.filter((_, index) => answered[index]).map(name);
        // A floating address has those of its holder's doors that are not bound to the host's own.
        const owned = ({ to }: (typeof tries)[number]) => to.hosts.length === 1;
        expect(open).toEqual(
            expect.arrayContaining(tries.filter(isOperators).filter(owned).map(name)),
        );
        expect(tries.filter((one) => !isOperators(one) && open.includes(name(one)))).toEqual([]);
    });

    test("a scan from outside learns nothing: what is closed stays silent", () => {
        const told = triesOf(visitor, "asIs")
            .filter((one) => !one.isDeclared)
            .filter(({ to, protocol, port }) =>
                answers.asIs.get(visitor)?.refused.includes(`${protocol} ${to.address} ${port}`),
            );
        expect(told.map(said)).toEqual([]);
    });
});

describe("who listens", () => {
    test("every host listens where its roles say, and nowhere else", async () => {
        const found = await Promise.all(
            plan.hosts.map(async (host) => {
                const there = await listening(host.name);
                const declared = listenersOf(plan, host).filter(({ scope }) => scope === "network");
                const door = ({ protocol, port }: (typeof declared)[number]) =>
                    `${protocol} ${port}`;
                return {
                    strange: [...there]
                        .filter(([one]) => !declared.some((listener) => door(listener) === one))
                        .map(([one, owner]) => `${host.name}: ${one} ${owner}`),
                    lacking: declared
                        .filter((listener) => !listener.sometimes && !there.has(door(listener)))
                        .map((listener) => `${host.name}: ${door(listener)} ${listener.what}`),
                    count: there.size,
                };
            }),
        );
        const strange = found.flatMap((one) => one.strange);
        const listeners = found.reduce((sum, { count }) => sum + count, 0);
        figure("undeclared listeners", strange.length, "", 0, `of ${listeners}`);
        expect(strange).toEqual([]);
        expect(found.flatMap((one) => one.lacking)).toEqual([]);
        expect(listeners).toBeGreaterThan(plan.hosts.length);
    });

    test("nothing of this has hurt the cluster", async () => {
        await whole(60);
    });
});
