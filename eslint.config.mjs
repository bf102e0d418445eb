// @ts-check
import js from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** Providers that make machines and networks. Everything else is above platforms. */
const platformProviders = {
    regex: "^@pulumi/(aws|azure|gcp|openstack|libvirt|incus|lxd)",
    message: "A platform provider belongs into components/machines: the rest runs on any platform.",
};
const localCommands = {
    selector:
        ":matches(MemberExpression[object.name='command'][property.name='local']," +
        " ImportDeclaration[source.value=/^@pulumi.command/] > ImportSpecifier[imported.name='local']," +
        " ImportDeclaration[source.value=/^@pulumi.command.local/])",
    message:
        "A command on the operator's machine is how a platform is driven: components/machines only.",
};
const anyPulumi = {
    regex: "^@pulumi/",
    message: "Pure by design: plain data and functions, tested without Pulumi.",
};

export default tseslint.config(
    { linterOptions: { reportUnusedDisableDirectives: "error" } },
    { ignores: ["node_modules/", "coverage/", "tools/", "platform/", "config-templates/"] },
    js.configs.recommended,
    {
        files: ["**/*.ts"],
        extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
        plugins: { "@pulumi": pulumi },
        languageOptions: {
            parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
        },
        rules: {
            // Pulumi's own plugin: an Output in a template string prints an error sentence as data.
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "error",
            // Numbers print well.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
        },
    },
    {
        files: ["**/*.js"],
        languageOptions: { sourceType: "commonjs", globals: { __dirname: "readonly" } },
    },
    {
        files: ["components/**/*.ts", "index.ts"],
        ignores: ["components/machines/**"],
        rules: {
            "no-restricted-imports": ["error", { patterns: [platformProviders] }],
            "no-restricted-syntax": ["error", localCommands],
        },
    },
    {
        files: ["components/cluster/**/*.ts", "components/roles/**/*.ts"],
        rules: { "no-restricted-imports": ["error", { patterns: [anyPulumi] }] },
    },
);
