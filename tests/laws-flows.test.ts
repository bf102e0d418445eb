import { flowsOf, listenersOf, roles } from "../components/roles/all";
import { full, largest, onAws, otherEngines, planOf, withAcme } from "./helpers/plans";

// Laws over what all roles declare of the network: where they listen, and who may come.

const plans = [largest, otherEngines, full, onAws, {}, withAcme].map((config) => planOf(config));

describe("flows", () => {
    const flows = plans.flatMap(flowsOf);
    const listeners = roles.flatMap((role) =>
        role.listens.map((listener) => ({ role: role.name, ...listener })),
    );

    test("every listener on the network is the target of a flow, and no loopback listener is", () => {
        for (const listener of listeners) {
            const targets = flows.some(
                (flow) =>
                    (listener.role === "base" || flow.to === listener.role) &&
                    flow.protocol === listener.protocol &&
                    flow.port === listener.port,
            );
            expect([listener, targets]).toEqual([listener, listener.scope === "network"]);
        }
    });

    test("every flow to a role leads to a port that the role listens to", () => {
        const dead = flows
            .filter(
                ({ to, protocol }) => to !== "outside" && to !== "operator" && protocol !== "vrrp",
            )
            .filter(
                (flow) =>
                    !listeners.some(
                        ({ role, protocol, port, scope }) =>
                            (role === "base" || role === flow.to) &&
                            scope === "network" &&
                            protocol === flow.protocol &&
                            port === flow.port,
                    ),
            );
        expect(dead).toEqual([]);
    });

    test("in every plan a flow leads to where somebody listens, and none to where nobody of its role does", () => {
        for (const one of plans) {
            const led = flowsOf(one)
                .filter(({ to, protocol }) => to !== "outside" && protocol !== "vrrp")
                .map(({ to, protocol, port }) => `${to} ${protocol} ${port}`);
            const open = one.hosts.flatMap((host) =>
                listenersOf(one, host)
                    .filter(({ scope }) => scope === "network")
                    .map(({ protocol, port }) =>
                        host.roles.map((role) => `${role} ${protocol} ${port}`),
                    ),
            );
            const there = new Set(open.flat());
            expect(led.filter((door) => !there.has(door))).toEqual([]);
            expect(open.filter((doors) => !doors.some((door) => led.includes(door)))).toEqual([]);
        }
    });

    test("every flow says why in one phrase that fits into a rule's comment", () => {
        for (const { why } of flows) expect(why).toMatch(/^[^"\\\n]{3,100}$/);
    });
});
