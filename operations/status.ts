import type { Command } from "commander";
import { roleNames, type RoleName } from "../components/cluster/types";
import { edgeOf, edgeText } from "./edge";
import { missingIn } from "./redundancy";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type Stack } from "./stack";
import { stateOf, survey, type HostState } from "./survey";

export function addStatus(program: Command): void {
    program
        .command("status")
        .description(
            "what the stack has and what it should have; exit status 1 when a loss could not be borne",
        )
        .action(async (_: object, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            await showStatus(await openStack(stack), reportOf(command));
        });
}

export async function showStatus(stack: Stack, report: Report): Promise<void> {
    const hosts = await survey(stack);
    const missing = missingIn(hosts, vipsOf(stack));
    const tiers = roleNames
        .filter((role) => hosts.some((host) => host.roles.includes(role)))
        .map((role) => ({ role, hosts: hosts.filter((host) => host.roles.includes(role)) }));
    const text = [
        ...tiers.flatMap(({ role, hosts: members }) => [
            role,
            ...members.map((host) => `  ${host.name.padEnd(10)} ${hostLine(host, role)}`),
        ]),
        "",
        ...(missing.length === 0
            ? ["every loss of one host can be borne"]
            : [
                  "missing until every loss of one host can be borne:",
                  ...missing.map((line) => `  ${line}`),
              ]),
    ];
    report.result(
        {
            stack: stack.name,
            redundant: missing.length === 0,
            missing,
            hosts: hosts.map(({ name, answers, left, roles, states }) => ({
                name,
                answers,
                left,
                roles,
                states,
            })),
        },
        text.join("\n"),
    );
    if (missing.length > 0) process.exitCode = 1;
}

/** Floating addresses by the role that holds them. */
export function vipsOf({ outputs }: Stack): Partial<Record<RoleName, string>> {
    const { vip, innerVip } = outputs;
    return {
        ...(typeof vip === "string" ? { "load-balancer": vip } : {}),
        ...(typeof innerVip === "string" ? { "inner-load-balancer": innerVip } : {}),
    };
}

function hostLine(host: HostState, role: RoleName): string {
    if (!host.answers) return "does not answer";
    const state = stateOf(host, role);
    const edge = edgeOf(state?.says ?? "");
    const says =
        edge !== undefined
            ? edgeText(edge)
            : state?.says.startsWith("{") === true
              ? ""
              : (state?.says ?? "");
    const health = host.left ? "has left" : state?.health === "unknown" ? "answers" : state?.health;
    return [health, says, state?.health === "ill" && !host.left ? state.reason : ""]
        .filter((word) => word !== undefined && word !== "")
        .join("  ");
}
