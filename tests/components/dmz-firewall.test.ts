import { DmzFirewall } from "../../components/dmz-firewall";
import { crossings } from "../../components/cluster/flows";
import type { Flow } from "../../components/cluster/types";
import { flowsOf } from "../../components/roles/all";
import { foundationOf } from "../helpers/foundation";
import { planOf } from "../helpers/plans";
import { record } from "../helpers/record";

const plan = planOf();
const flows = flowsOf(plan);

test("the border gets the flows that cross between zones, and nothing else (mocks)", async () => {
    const made = await record(
        () => new DmzFirewall("dmz", { plan, flows, machines: foundationOf(plan).machines }),
    );
    expect(made.childrenOf("dmz")).toEqual(["dmz-border"]);
    expect(made.get("dmz-border").inputs.rules).toEqual(crossings(plan, flows));
});

test("the matrix has every flow, and names operators by their networks (mocks)", async () => {
    let matrix: readonly Flow[] = [];
    await record(() => {
        matrix = new DmzFirewall("dmz", { plan, flows, machines: foundationOf(plan).machines })
            .matrix;
    });
    expect(matrix).toHaveLength(flows.length);
    expect(matrix).toContainEqual({
        from: "app",
        to: "database",
        protocol: "tcp",
        port: 3307,
        why: "SQL",
    });
    const operators = matrix.filter(({ from }) => from === "operator");
    expect(operators.map(({ only }) => only)).toEqual(operators.map(() => ["10.91.0.1/32"]));
    expect(operators).not.toEqual([]);
});
