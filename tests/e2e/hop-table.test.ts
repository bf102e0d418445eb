import { flowsOf } from "../../components/roles/all";
import { full, planOf, smallest } from "../helpers/plans";
import { hops, otherFlows } from "./hop-table";

const brickPorts = [49153, 49154, 49155];

test.each([
    ["full", full],
    ["small", smallest],
])("every flow between hosts of preset %s has its hop, or a reason for none", (_, values) => {
    const plan = planOf(values);
    const present = new Set(plan.hosts.flatMap(({ roles }) => roles));
    const flows = flowsOf(plan).filter(
        ({ from, to, protocol, port }) =>
            protocol === "tcp" &&
            from !== "outside" &&
            from !== "operator" &&
            to !== "outside" &&
            to !== "operator" &&
            present.has(from) &&
            present.has(to) &&
            !brickPorts.includes(port ?? 0),
    );
    expect(flows.length).toBeGreaterThan(8);
    const without = flows
        .filter(
            ({ from, to, port }) =>
                !hops.some((hop) => hop.from === from && hop.to === to && hop.port === port),
        )
        .filter(
            ({ from, port }) => ![`${port}`, `${port} ${from}`].some((key) => key in otherFlows),
        )
        .map(({ from, to, port }) => `${from} to ${to} ${port}`);
    expect(without).toEqual([]);
});

test("every hop belongs to a flow of a preset, with inner balancers or without", () => {
    const alone = { ...full, innerLoadBalancer: { count: 0 } };
    const flows = [full, alone, smallest].flatMap((values) => flowsOf(planOf(values)));
    const strangers = hops.filter(
        (hop) =>
            !flows.some(
                ({ from, to, port }) => hop.from === from && hop.to === to && hop.port === port,
            ),
    );
    expect(strangers.map(({ from, to, port }) => `${from} to ${to} ${port}`)).toEqual([]);
});
