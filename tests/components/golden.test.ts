import { filesOf } from "../helpers/facts";
import {
    existing,
    hostOf,
    largest,
    onAws,
    otherEngines,
    planOf,
    type Values,
} from "../helpers/plans";
import { roles } from "../../components/roles/all";

// Rendered texts of the smallest and the largest topology, first and last host of each tier, and of other engines.
// Files that are the same on every host are their templates, and a text that an earlier topology has is not
// repeated. After a change on purpose: npx jest -u

expect.addSnapshotSerializer({ test: (value) => typeof value === "string", print: String });

/** Files that views make: their text depends on the plan. */
const viewed = new Set(
    roles.flatMap((role) => role.files.filter((file) => file.view).map((file) => file.path)),
);

const cases: [string, Values, string[]][] = [
    ["smallest", {}, ["lb1", "db1", "web1"]],
    ["largest", largest, ["lb2", "db9", "cache9", "web9"]],
    ["full", { preset: "full" }, ["web1", "app1", "inner1", "cache1", "storage1"]],
    ["other engines'", otherEngines, ["db1", "web1"]],
    ["existing machines'", existing, ["lb1", "web1"]],
    ["EC2's", onAws, ["lb1", "inner1"]],
];

const seen = new Set<string>();

describe.each(cases)("the %s topology", (_, values, names) => {
    const plan = planOf(values);
    const files = names.flatMap((name) =>
        [...filesOf(plan, hostOf(plan, name)).values()]
            .flat()
            .filter((file) => viewed.has(file.path))
            .map((file): [string, string, string] => [name, file.path, file.content])
            .filter((file) => !seen.has(file.join(" "))),
    );
    for (const file of files) seen.add(file.join(" "));

    test.each(files)("%s:%s", (_host, _path, content) => {
        expect(content).toMatchSnapshot();
    });
});
