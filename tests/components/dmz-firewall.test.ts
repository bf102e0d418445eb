import { DmzFirewall } from "../../components/dmz-firewall";
import { crossings } from "../../components/cluster/flows";
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

test("the matrix has a line for every flow (mocks)", async () => {
    let matrix: string[] = [];
    await record(() => {
        matrix = new DmzFirewall("dmz", { plan, flows, machines: foundationOf(plan).machines })
            .matrix;
    });
    expect(matrix).toHaveLength(flows.length);
    expect(matrix).toContain("app → database  tcp 3307  SQL");
    expect(matrix).toContain("load-balancer → load-balancer  vrrp  who holds the floating address");
});
