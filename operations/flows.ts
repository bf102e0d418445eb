import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Flow } from "../components/cluster/types";
import { matrixIn, type Matrix } from "./flows-matrix";
import { svgOf } from "./flows-picture";
import { markdownOf, textOf } from "./flows-table";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type Stack } from "./stack";

export interface FlowsOptions {
    readonly markdown?: true;
    readonly svg?: true;
    readonly output?: string;
}

export function addFlows(program: Command): void {
    program
        .command("flows")
        .description("who may talk to whom, and why; all else is closed")
        .option("--markdown", "as Markdown")
        .addOption(new Option("--svg", "as a picture").conflicts("markdown"))
        .option("-o, --output <file>", "write it there instead of printing it")
        .action(async (options: FlowsOptions, command: Command) => {
            const { stack, json } = command.optsWithGlobals<GlobalOptions>();
            if (json === true && (options.markdown ?? options.svg) !== undefined)
                throw new Refusal("testudo flows: --json, --markdown and --svg are one of three");
            showFlows(await openStack(stack), options, json === true, reportOf(command));
        });
}

/** From the stack's outputs alone: no host is asked. */
export function showFlows(
    stack: Stack,
    options: FlowsOptions,
    json: boolean,
    report: Report,
): void {
    const flows = flowsIn(stack);
    const matrix = matrixIn(stack, flows);
    const text = render(matrix, options);
    const value = { stack: stack.name, roles: matrix.roles, flows };
    if (options.output === undefined) {
        report.result(value, text.trimEnd());
        return;
    }
    const content = json ? JSON.stringify(value, undefined, 2) : text.trimEnd();
    try {
        writeFileSync(options.output, `${content}\n`);
    } catch (error) {
        throw new Refusal(`--output ${options.output}: cannot be written (${String(error)})`);
    }
    report.say(`${flows.length} flows written to ${options.output}`);
}

function render(matrix: Matrix, { markdown, svg }: FlowsOptions): string {
    if (svg === true) return svgOf(matrix);
    return markdown === true ? markdownOf(matrix) : textOf(matrix);
}

/** @throws Refusal where the stack was last brought up by a Testudo whose outputs were lines of text. */
function flowsIn({ name, outputs }: Stack): readonly Flow[] {
    const { flows } = outputs;
    if (Array.isArray(flows) && flows.every((flow) => typeof flow === "object"))
        return flows as readonly Flow[];
    throw new Refusal(
        `stack ${name}: its outputs have no flow matrix that can be read; bring it up once more: make up STACK=${name}`,
    );
}
