import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matrixOf } from "../../components/cluster/flows";
import type { Plan } from "../../components/cluster/plan";
import type { Flow } from "../../components/cluster/types";
import { flowsOf } from "../../components/roles/all";
import { showFlows, type FlowsOptions } from "../../operations/flows";
import type { Stack } from "../../operations/stack";
import { full, planOf } from "../helpers/plans";

const plan = planOf(full);
const flows = matrixOf(plan, flowsOf(plan));

/** A stack that is known by its outputs only: whoever asks a host fails the test. */
function stackOf(of: Plan, outputs: Stack["outputs"]): Stack {
    const hosts = of.hosts.map(({ name, address, zone, roles }) => ({
        name,
        address,
        zone,
        roles,
    }));
    return {
        name: "test",
        outputs,
        hosts,
        hostsOf: (role) => hosts.filter((host) => host.roles.includes(role)),
        run: () => Promise.reject(new Error("a host was asked")),
    };
}

interface Told {
    readonly value: { readonly flows: readonly Flow[] };
    readonly text: string;
    readonly said: readonly string[];
}

function told(options: FlowsOptions, outputs: Stack["outputs"] = { flows }, json = false): Told {
    let result: Pick<Told, "value" | "text"> = { value: { flows: [] }, text: "" };
    const said: string[] = [];
    showFlows(stackOf(plan, outputs), options, json, {
        say: (line) => said.push(line),
        result: (value, text) => (result = { value: value as Told["value"], text }),
    });
    return { ...result, said };
}

/** `tcp 3307` is in a row that merges ports as well: 49153 in `tcp 49152-49155`. */
function speaksOf(line: string, { protocol, port }: Flow): boolean {
    if (port === undefined) return line.includes(protocol);
    const spans = [...line.matchAll(/(\d+)(?:-(\d+))?/g)];
    return (
        line.includes(protocol) &&
        spans.some(([, first, last]) => Number(first) <= port && port <= Number(last ?? first))
    );
}

test.each<[string, FlowsOptions]>([
    ["text", {}],
    ["Markdown", { markdown: true }],
])("as %s every flow has its line with who, whom, what and why", (_, options) => {
    const lines = told(options).text.split("\n");
    const missing = flows.filter(
        (flow) =>
            !lines.some(
                (line) =>
                    line.replace(/^\| /, "").startsWith(flow.from) &&
                    line.includes(flow.to) &&
                    line.includes(flow.why) &&
                    speaksOf(line, flow),
            ),
    );
    expect(missing).toEqual([]);
    expect(lines.filter((line) => line.includes("49152-49155"))).toHaveLength(3);
});

test("the picture names every role, service and reason, and all that it draws is inside of it", () => {
    const { text } = told({ svg: true });
    const shown = text.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
    for (const { role } of [{ role: "outside" }, { role: "storage" }])
        expect(shown).toContain(role);
    for (const { why } of flows) expect(shown).toContain(why);
    const [, width = "0", height = "0"] = /width="(\d+)" height="(\d+)"/.exec(text) ?? [];
    const boxes = [
        ...text.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ].map((match) => match.slice(1).map(Number));
    expect(boxes.length).toBeGreaterThan(50);
    for (const [x = 0, y = 0, w = 0, h = 0] of boxes) {
        expect(x + w).toBeLessThan(Number(width));
        expect(y + h).toBeLessThan(Number(height));
    }
});

test("what a user gave as reason cannot break the picture", () => {
    const own: Flow = {
        from: "web",
        to: "database",
        protocol: "tcp",
        port: 1,
        why: "a < b & c > d",
    };
    const { text } = told({ svg: true }, { flows: [own] });
    expect(text).toContain("a &lt; b &amp; c &gt; d");
});

test("as JSON every flow is there as declared", () => {
    expect(told({}).value.flows).toEqual(flows);
});

test("--output writes the file, and says so", () => {
    const folder = mkdtempSync(join(tmpdir(), "testudo-flows-"));
    const output = join(folder, "flows.md");
    try {
        const { text, said } = told({ markdown: true, output });
        expect(text).toBe("");
        expect(said).toEqual([`${flows.length} flows written to ${output}`]);
        expect(readFileSync(output, "utf8")).toBe(`${told({ markdown: true }).text}\n`);
        told({ output }, { flows }, true);
        expect(JSON.parse(readFileSync(output, "utf8"))).toMatchObject({ flows });
    } finally {
        rmSync(folder, { recursive: true });
    }
    expect(() => told({ output: join(folder, "gone", "flows.md") })).toThrow(
        /--output \S+: cannot be written \(Error: ENOENT/,
    );
});

test("a stack of an older Testudo is told apart", () => {
    expect(() => told({}, { flows: ["app → database  tcp 3307  SQL"] })).toThrow(
        "stack test: its outputs have no flow matrix that can be read; bring it up once more: make up STACK=test",
    );
});
