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
    selector: "MemberExpression[object.name='command'][property.name='local']",
    message:
        "A command on the operator's machine is how a platform is driven: components/machines only.",
};
const anyPulumi = {
    regex: "^@pulumi/",
    message: "Pure by design: plain data and functions, tested without Pulumi.",
};

export default tseslint.config(
    { ignores: ["node_modules/", "coverage/", "tools/", "platform/", "config-templates/"] },
    js.configs.recommended,
    {
        files: ["**/*.ts"],
        extends: [
            ...tseslint.configs.strictTypeChecked,
            ...tseslint.configs.stylisticTypeChecked,
            // Pulumi's own: an Output in a template string prints an error sentence as data.
            ...(pulumi.configs?.recommended ? [] : []),
        ],
        plugins: { "@pulumi": pulumi },
        languageOptions: {
            parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
        },
        rules: {
            // Numbers print well.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
        },
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
