// The stack is chosen before anything asks for it.
require("node:process").env.E2E_PRESET = "ssh";

/** `npm run e2e:ssh`: machines that exist already are taken, serve, and are given back; files in the order of their names. */
module.exports = {
    ...require("../e2e/jest.config.js"),
    rootDir: __dirname,
    testMatch: ["<rootDir>/*.e2e.ts"],
    testSequencer: "<rootDir>/../e2e/sequencer.js",
    transform: {
        "\\.ts$": ["ts-jest", { diagnostics: false, tsconfig: "<rootDir>/../e2e/tsconfig.json" }],
    },
    globalSetup: "<rootDir>/setup.ts",
    globalTeardown: "<rootDir>/../e2e/teardown.ts",
};
