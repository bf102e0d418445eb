import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { parse } from "yaml";
import { parseConfig } from "../components/cluster/config";
import {
    awsCost,
    costSentence,
    needOf,
    type CostLine,
    type Need,
} from "../components/cluster/cost";
import { makePlan, type Plan } from "../components/cluster/plan";
import { pricesFrom } from "../components/cluster/prices.aws";
import { faultsMessage } from "../components/cluster/types";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions, type Report } from "./report";

export function addCost(program: Command): void {
    program
        .command("cost")
        .description(
            "what a stack file would cost a month on EC2, or need of one's own machines; nothing has to be up",
        )
        .option("--config-file <path>", "another file than the stack's own")
        .action((options: { configFile?: string }, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            const file = options.configFile ?? join(__dirname, "..", `Pulumi.${stack}.yaml`);
            showCost(file, reportOf(command));
        });
}

export function showCost(file: string, report: Report): void {
    const { plan, region } = read(file);
    const { platform } = plan.config;
    if (platform !== "aws") {
        const need = needOf(plan);
        report.result(
            { stack: plan.stack, platform, hosts: plan.hosts.length, ...need },
            needText(plan, need),
        );
        return;
    }
    if (region === undefined)
        throw new Refusal(
            `${file}: aws:region: needs a region, such as eu-central-1, because prices are a region's; got nothing`,
        );
    const cost = awsCost(plan, region);
    report.result(
        {
            stack: plan.stack,
            platform: "aws",
            region,
            hosts: plan.hosts.length,
            ...cost,
            pricesFrom,
        },
        [
            ...cost.lines.map(lineText),
            "",
            costSentence(cost, region),
            `not found in any public page, from memory: ${pricesFrom.unverified.join("; ")}`,
        ].join("\n"),
    );
}

/** Of one's own machines: what they cost is one's own business. */
function needText({ config: { platform }, hosts }: Plan, need: Need): string {
    const isOnIncus = platform === "incus";
    return [
        `${hosts.length} ${isOnIncus ? "hosts on Incus" : "machines that exist already, all together"}`,
        `memory  ${need.memoryMiB} MiB${isOnIncus ? " as limits; at rest they use about a third" : ""}`,
        isOnIncus
            ? `disk    ${need.diskGiB} GiB as limits, and ${need.dataGiB} GiB of data volumes; both grow as they are written to`
            : `disk    ${need.diskGiB} GiB, and ${need.dataGiB} GiB for data`,
    ].join("\n");
}

function lineText({ what, count, month }: CostLine): string {
    const price = month === undefined ? "no price" : `${month.toFixed(2)} USD`;
    return `${String(count).padStart(5)}  ${what.padEnd(28)} ${price.padStart(12)}`;
}

/** @throws Refusal where there is no such file, or its plan is refused. */
function read(file: string): { plan: Plan; region: string | undefined } {
    const stack = /^Pulumi\.(\w+)\.ya?ml$/.exec(basename(file))?.[1] ?? "stack";
    const config = configIn(file);
    const raw = Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : isSecret(value) ? "secret" : JSON.stringify(value),
    ]);
    const parsed = parseConfig(stack, Object.fromEntries(raw) as Record<string, string>);
    const plan = parsed.value === undefined ? { faults: [] } : makePlan(parsed.value);
    const faults = [...parsed.faults, ...plan.faults];
    if (plan.value === undefined || faults.length > 0)
        throw new Refusal(`${file}: ${faultsMessage(faults)}`);
    const region = config["aws:region"];
    return { plan: plan.value, region: typeof region === "string" ? region : undefined };
}

function configIn(file: string): Readonly<Record<string, unknown>> {
    let text: string;
    try {
        text = readFileSync(file, "utf8");
    } catch {
        throw new Refusal(`there is no ${file}; --stack or --config-file names another`);
    }
    const { config } = (parse(text) ?? {}) as { config?: Record<string, unknown> };
    return config ?? {};
}

/** As Pulumi keeps it: `secure: AAAB…`. */
function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && "secure" in value;
}
