import { edgeLine, edgesOf } from "../../operations/certificates";
import { edgeOf, edgeText } from "../../operations/edge";
import { showStatus } from "../../operations/status";
import { FakeStack } from "../helpers/fake-stack";

const edge = {
    brought: true,
    by: "CN=R12,O=Let's Encrypt,C=US",
    ends: "2027-02-01T10:00:00Z",
    failed: null,
};
const says = (more: object = {}) => JSON.stringify({ edge: { ...edge, ...more } });

test("what is shown, until when, and what went wrong, in a line", () => {
    expect(edgeText(edge)).toBe(
        "shows a certificate by CN=R12,O=Let's Encrypt,C=US until 2027-02-01",
    );
    expect(edgeText({ ...edge, brought: false, by: "CN=Testudo" })).toMatch(
        /until ACME has brought one$/,
    );
    expect(edgeText({ ...edge, failed: "no such name" })).toMatch(
        /until 2027-02-01; ACME has failed: no such name$/,
    );
    expect([edgeOf(""), edgeOf("{}"), edgeOf(says())]).toEqual([undefined, undefined, edge]);
});

test("status says it of each balancer that has one", async () => {
    const stack = new FakeStack({ "load-balancer": 2, web: 2, database: 3, cache: 3, storage: 3 });
    stack.says("lb1", "load-balancer", says({ failed: "no such name" }));
    let text = "";
    const code = process.exitCode;
    await showStatus(stack, {
        say: () => undefined,
        result: (_, told) => (text = told),
    });
    process.exitCode = code;
    expect(text).toMatch(/^ {2}lb1 .*well {2}shows a certificate by .*no such name$/m);
    expect(text).toMatch(/^ {2}lb2 +well$/m);
});

test("balancers are asked only where the stack has ACME; one that is silent is told", async () => {
    const asked: string[] = [];
    const stack = (outputs: Record<string, unknown>) => ({
        outputs,
        hostsOf: () =>
            ["lb1", "lb2"].map((name) => ({ name, address: "", zone: "public", roles: [] })),
        run: (host: string) => {
            asked.push(host);
            return Promise.resolve({
                host,
                code: host === "lb1" ? 0 : 255,
                stdout: host === "lb1" ? `${says()}\n` : "",
                stderr: "",
            });
        },
    });
    expect(await edgesOf(stack({}))).toEqual([]);
    expect(asked).toEqual([]);
    const found = await edgesOf(stack({ acme: "https://acme.turtles.org/dir" }));
    expect(found.map(edgeLine)).toEqual([
        "lb1 shows a certificate by CN=R12,O=Let's Encrypt,C=US until 2027-02-01",
        "lb2 does not say what it shows",
    ]);
});
