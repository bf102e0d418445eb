const { join } = require("node:path");
const { env } = require("node:process");
const shared = require("../e2e/jest.config.js");

// Read by tests/e2e/lab.ts: a stack that these tests make and end by themselves.
env.E2E_STACK = "e2eaws";
env.STACK_FILE = join(__dirname, "Pulumi.e2eaws.yaml");

/** `make e2e-aws`: the small cluster on the emulated EC2; the files run in the order of their names. */
module.exports = {
    ...shared,
    rootDir: __dirname,
    testMatch: ["<rootDir>/*.e2e.ts"],
    testSequencer: join(__dirname, "..", "e2e", "sequencer.js"),
    transform: {
        "\\.ts$": [
            "ts-jest",
            { diagnostics: false, tsconfig: join(__dirname, "..", "e2e", "tsconfig.json") },
        ],
    },
    globalSetup: "<rootDir>/setup.ts",
    globalTeardown: "<rootDir>/teardown.ts",
};
