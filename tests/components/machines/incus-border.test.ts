import { crossings } from "../../../components/cluster/flows";
import { borderRuleset } from "../../../components/machines/incus-border";
import { bridgeName } from "../../../components/machines/incus-names";
import { flowsOf } from "../../../components/roles/all";
import { largest, planOf } from "../../helpers/plans";

expect.addSnapshotSerializer({ test: (value) => typeof value === "string", print: String });

test.each([
    ["smallest", planOf()],
    ["largest", planOf(largest)],
])("the border of the %s topology", (_, plan) => {
    expect(
        borderRuleset(plan, crossings(plan, flowsOf(plan)), "0123456789abcdef"),
    ).toMatchSnapshot();
});

test("without a rule nothing crosses; our own hosts are told so at once, and nobody else", () => {
    const chain =
        /chain forward \{([^}]*(?:\{[^}]*\}[^}]*)*)\n {4}\}/.exec(
            borderRuleset(planOf(), [], "0123456789abcdef"),
        )?.[1] ?? "";
    const lines = chain
        .trim()
        .split("\n")
        .map((line) => line.trim());
    expect(lines.at(-2)).toMatch(/^iifname \{ "tdtest-pub", "tdtest-prv" \} counter reject /);
    expect(lines.at(-1)).toBe('counter drop comment "undeclared"');
    expect(lines.filter((line) => line.includes("dport"))).toEqual([]);
});

test.each(["public", "private", "outside"] as const)(
    "the bridge of the zone %s has a name that Linux allows, whatever the stack is called",
    (zone) => {
        expect(bridgeName("ninechars", zone).length).toBeLessThanOrEqual(15);
    },
);
