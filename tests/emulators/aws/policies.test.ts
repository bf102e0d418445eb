import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policyOf } from "../../../components/machines/aws-address";
import { must, run } from "../../e2e/shell";

// parliament knows of each of Amazon's actions which resources and conditions it takes. It does not say what is enough.

let program = "";
beforeAll(async () => {
    program = join(await must([join(__dirname, "prepare")], { timeoutSeconds: 600 }), "bin");
}, 700_000);

async function complaints(policy: string): Promise<string[]> {
    const env = { PYTHONWARNINGS: "ignore" };
    const finished = await run([join(program, "parliament"), "--minimal"], { input: policy, env });
    return finished.stdout.split("\n").filter((line) => line !== "");
}

const arn = (what: string) => `arn:aws:ec2:eu-central-1:123456789012:${what}`;
const arns = {
    ownArn: arn("network-interface/eni-0123456789abcdef0"),
    elasticArn: arn("elastic-ip/eipalloc-0123456789abcdef0"),
    tableArns: [arn("route-table/rtb-0123456789abcdef0")],
    region: "eu-central-1",
    tags: { "testudo:stack": "test", "testudo:host": "lb1" },
};

test.each(["elastic", "route", "secondary"] as const)(
    "a balancer's rights to its %s address: each action takes these resources and conditions",
    async (kind) => {
        expect(await complaints(JSON.stringify(policyOf(kind, arns)))).toEqual([]);
    },
    60_000,
);

test("what docs/aws.md lets the deploying user do are actions that exist, on resources that they take", async () => {
    // Most things have no name before they are made.
    expect(await complaints(deployer())).toEqual(["RESOURCE_STAR"]);
}, 60_000);

test("an action that does not exist, and one on something else, would be found", async () => {
    const wrong = deployer()
        .replace("ec2:CreateVpc", "ec2:MakeVpc")
        .replace("iam:GetRole", "ec2:DeleteVpc");
    expect(await complaints(wrong)).toEqual(
        expect.arrayContaining(["UNKNOWN_ACTION", "RESOURCE_MISMATCH"]),
    );
}, 60_000);

function deployer(): string {
    const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "aws.md"), "utf8");
    return /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
}
