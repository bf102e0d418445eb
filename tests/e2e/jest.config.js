/** `make e2e`: one stack is brought up, used, broken, mended and destroyed; the files run in the order of their names. */
module.exports = {
    rootDir: __dirname,
    // The rules of measuring are tested as well: *.test.ts.
    testMatch: ["<rootDir>/*.e2e.ts", "<rootDir>/*.test.ts"],
    testEnvironment: "node",
    testSequencer: "<rootDir>/sequencer.js",
    testTimeout: 180_000,
    maxWorkers: 1,
    transform: {
        "\\.ts$": ["ts-jest", { diagnostics: false, tsconfig: "<rootDir>/tsconfig.json" }],
    },
    globalSetup: "<rootDir>/setup.ts",
    globalTeardown: "<rootDir>/teardown.ts",
    cacheDirectory: require("node:path").join(require("node:os").tmpdir(), "testudo-e2e-jest"),
    verbose: true,
};
