import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { showCost } from "../../operations/cost";
import { filesBelow, root } from "../helpers/sources";

let folder: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-cost-"));
});
afterEach(() => {
    rmSync(folder, { recursive: true });
});

function told(file: string): { value: Record<string, unknown>; text: string } {
    let result = { value: {}, text: "" };
    showCost(file, {
        say: () => undefined,
        result: (value, text) => {
            result = { value, text };
        },
    });
    return result;
}
const stackFile = (text: string) => {
    const path = join(folder, "Pulumi.try.yaml");
    writeFileSync(path, text);
    return path;
};

test("every stack file of the checkout has a sum, or a need", () => {
    const files = filesBelow(".").filter((path) => /^Pulumi\.\w+\.yaml$/.test(path));
    expect(files).toEqual(
        expect.arrayContaining(["Pulumi.aws.yaml", "Pulumi.dev.yaml", "Pulumi.ssh.yaml"]),
    );
    for (const file of files) {
        const { value, text } = told(join(root, file));
        expect(text).toMatch(
            value.platform === "aws" ? /about \d+ USD a month/ : /^memory +\d+ MiB/m,
        );
    }
});

test("the stack file for EC2 as it comes: 18 hosts, no price missing", () => {
    const { value, text } = told(join(root, "Pulumi.aws.yaml"));
    expect(value).toMatchObject({ region: "eu-central-1", hosts: 18, unknown: [] });
    expect(text).toContain("from memory: ");
    expect(text).toMatch(/^ +12 {2}t4g\.small +168\.19 USD$/m);
});

test("secrets need not be read for it", () => {
    const file = stackFile(
        "encryptionsalt: v1:abc\nconfig:\n  testudo:platform: incus\n  testudo:preset: small\n  testudo:mailPassword:\n    secure: AAAB\n  testudo:mail: {relay: 192.0.2.25, from: site@example.org}\n",
    );
    expect(told(file).value).toMatchObject({ stack: "try", platform: "incus", hosts: 7 });
});

test.each([
    ["config:\n  testudo:platform: incus\n", "testudo:preset: is required"],
    [
        "config:\n  testudo:platform: aws\n  testudo:preset: small\n",
        "testudo:operators: needs the networks",
    ],
    [
        "config:\n  testudo:platform: aws\n  testudo:preset: small\n  testudo:site: {name: a.example}\n  testudo:operators: [192.0.2.1/32]\n",
        "aws:region: needs a region",
    ],
])("a file that would be refused is refused here as well", (text, said) => {
    expect(() => told(stackFile(text))).toThrow(said);
});

test("a file that is not there is named", () => {
    expect(() => told(join(folder, "Pulumi.none.yaml"))).toThrow("Pulumi.none.yaml");
});
