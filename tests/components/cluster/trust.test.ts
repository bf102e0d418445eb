import { authorityFaults } from "../../../components/cluster/trust";
import { planFaults, type Values } from "../../helpers/plans";

test.each<[string, Values, string]>([
    [
        "a lifetime as long as the renewal window",
        { trust: { certificateDays: 30 } },
        "testudo:trust.certificateDays: needs to be more than testudo:trust.renewalDays (30)",
    ],
    [
        "an authority that what it signs would outlive",
        { trust: { authorityDays: 760 } },
        "testudo:trust.authorityDays: needs to be more than testudo:trust.certificateDays and testudo:trust.renewalDays together (760)",
    ],
    [
        "three authorities",
        { trust: { authorities: ["a", "b", "c"] } },
        "testudo:trust.authorities: needs one name, or two while one takes the place of the other",
    ],
    [
        "no authority",
        { trust: { authorities: [] } },
        "testudo:trust.authorities: needs one name, or two while one takes the place of the other",
    ],
    [
        "one authority twice",
        { trust: { authorities: ["a", "a"] } },
        "testudo:trust.authorities: needs names that differ",
    ],
    [
        "a name that cannot be a part of a resource's",
        { trust: { authorities: ["Second one"] } },
        "testudo:trust.authorities.0: needs a name of 1 to 16 of a-z 0-9, a letter first",
    ],
])("%s is refused, by name", (_, values, line) => {
    expect(planFaults(values).join("\n")).toContain(line);
});

test("the shortest lifetimes that can be, and two authorities, are taken", () => {
    const trust = {
        certificateDays: 2,
        renewalDays: 1,
        authorityDays: 4,
        authorities: ["b", "first"],
    };
    expect(planFaults({ trust })).toEqual([]);
});

test.each([
    ["a new stack", [], ["b"], true],
    ["no change", ["a"], ["a"], true],
    ["a new one comes", ["a"], ["b", "a"], true],
    ["a new one is only trusted yet", ["a"], ["a", "b"], true],
    ["the old one goes", ["b", "a"], ["b"], true],
    ["back again", ["b", "a"], ["a"], true],
    ["a third while two are there", ["b", "a"], ["c", "b"], true],
    ["one after the other with nothing between", ["a"], ["b"], false],
    ["both at once", ["b", "a"], ["d", "c"], false],
])("authorities: %s", (_, had, wanted, passes) => {
    expect(authorityFaults(had, wanted).map(({ key }) => key)).toEqual(
        passes ? [] : ["testudo:trust.authorities"],
    );
});

test("the refusal names the step in between", () => {
    expect(authorityFaults(["a"], ["b"])[0]).toMatchObject({
        rule: "needs a beside it for one up: [b, a], and the one after that may drop it",
        got: "[b] after [a]",
    });
});
