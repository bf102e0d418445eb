// Types are checked by tsc; here TypeScript is only stripped.
const compiler = {
    target: "es2022",
    module: "commonjs",
    esModuleInterop: true,
    isolatedModules: true,
};
const transform = { "^.+\\.ts$": ["ts-jest", { diagnostics: false, tsconfig: compiler }] };
const common = {
    testEnvironment: "node",
    transform,
    moduleNameMapper: { "^(typescript|@npmcli/arborist)$": "<rootDir>/tests/helpers/unused.ts" },
    setupFiles: ["<rootDir>/tests/helpers/setup.ts"],
};

/** @type {import("jest").Config} */
module.exports = {
    testTimeout: 30_000,
    projects: [
        {
            ...common,
            displayName: "unit",
            testMatch: ["<rootDir>/tests/**/*.test.ts"],
            testPathIgnorePatterns: ["<rootDir>/tests/checkers/", "<rootDir>/tests/emulators/"],
        },
        // The daemons' own checkers in the image's root file system: root and an image are needed.
        { ...common, displayName: "checkers", testMatch: ["<rootDir>/tests/checkers/*.test.ts"] },
        // Pulumi's engine against an API that we did not write: the toolchain and Python are needed.
        {
            ...common,
            displayName: "emulation",
            testMatch: ["<rootDir>/tests/emulators/**/*.test.ts"],
        },
    ],
};
