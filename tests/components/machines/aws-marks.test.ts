import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { instanceMarker } from "../../../components/machines/aws-marks";

// jest gives tests a copy of `process`; programs are started with the environment of the real one.
const { env } = runInThisContext("process") as typeof process;

// The real code against a program that answers like the aws command.

let folder: string;
const path = env.PATH;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-marks-"));
    env.PATH = `${folder}:/bin`;
});
afterEach(() => {
    env.PATH = path;
    rmSync(folder, { recursive: true });
});

const aws = (body: string) => {
    writeFileSync(join(folder, "aws"), `#!/bin/sh\necho "$*" >>${folder}/asked\n${body}\n`);
    chmodSync(join(folder, "aws"), 0o755);
};
const asked = () =>
    existsSync(join(folder, "asked"))
        ? readFileSync(join(folder, "asked"), "utf8").trim().split("\n")
        : [];
const mark = instanceMarker("eu-central-1");

test("an instance that is there gets a tag", async () => {
    aws('case "$2" in describe-instances) echo i-0123 ;; esac');
    await expect(mark("test", "db2", "replace")).resolves.toBe(true);
    expect(asked()[0]).toContain(
        "Name=tag:testudo:stack,Values=test Name=tag:testudo:host,Values=db2",
    );
    expect(asked()[1]).toBe(
        "ec2 create-tags --resources i-0123 --tags Key=testudo:replace,Value=true --region eu-central-1 --output text",
    );
});

test("of a host without an instance it is forgotten that it was a member, and only where it has left", async () => {
    aws("");
    await expect(mark("test", "db2", "replace")).resolves.toBe(false);
    expect(asked()).toHaveLength(1);
    await expect(mark("test", "db2", "left")).resolves.toBe(false);
    expect(asked().at(-1)).toContain("ssm delete-parameter --name /testudo/test/members/db2 ");
});

test("a member that nobody remembers is forgotten already", async () => {
    aws('case "$1" in ssm) echo "An error occurred (ParameterNotFound)" >&2; exit 254 ;; esac');
    await expect(mark("test", "db2", "left")).resolves.toBe(false);
});

test("an account that does not answer has not said that there is no instance", async () => {
    aws("echo Unable to locate credentials >&2; exit 253");
    await expect(mark("test", "db2", "left")).rejects.toThrow("Unable to locate credentials");
});

test("without the aws command it is said what is missing", async () => {
    env.PATH = folder;
    await expect(mark("test", "db2", "left")).rejects.toThrow("the aws command is needed");
});
