import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { needSentence } from "../cluster/cost";
import type { Plan } from "../cluster/plan";
import type { Fault, HostSpec } from "../cluster/types";
import { packagesOf } from "../roles/all";
import type { Preflight } from "./machines";
import { ask, clientFiles, inTurns, remoteShell, withClient } from "./ssh-client";
import { contactFault } from "./ssh-contact";
import { machineFaults } from "./ssh-faults";
import { dataPlace } from "./ssh-request";
import { togetherFaults, togetherWarnings } from "./ssh-together";
import { parseReport, type Report } from "./ssh-report";

/** What the machines say of themselves. */
export interface SshFacts extends Preflight {
    /** What is written on the machine, or a new one: it has none, or had left and is wanted again. */
    machineId(host: string): string;
    /** Whether it keeps the identity that it has. */
    isLiving(host: string): boolean;
}

/** Sessions at the same time. */
const atOnce = 8;
/** One machine's answers: a mirror's lists of packages are the slowest. */
const patienceSeconds = 150;

const probe = readFileSync(join(__dirname, "ssh", "on-host", "probe"), "utf8");

/** A machine of the plan and what it said. */
export interface Known {
    readonly spec: HostSpec;
    readonly report: Report;
}

/** Asks every machine over SSH, changes nothing. */
export async function sshPreflight(plan: Plan): Promise<SshFacts> {
    const named = plan.hosts.filter(({ name }) => plan.config.ssh.hosts[name] !== undefined);
    const first = clientFaults(plan);
    const answers =
        first.length > 0
            ? []
            : await withClient(clientFiles(plan, named), (config) =>
                  inTurns(named, atOnce, (spec) => contact(plan, spec, config)),
              );
    const known = answers.flatMap((answer) => ("report" in answer ? answer : []));
    const stackIsNew = known.every(({ report }) => report.owner?.stack !== plan.stack);
    const living = new Map(
        plan.hosts.flatMap((spec) => {
            const nonce = keptIdentity(plan, spec, known);
            return nonce === undefined ? [] : [[spec.name, nonce] as const];
        }),
    );
    const ids = new Map(
        plan.hosts.map(({ name }) => [name, living.get(name) ?? randomBytes(8).toString("hex")]),
    );
    return {
        faults: [
            ...first,
            ...answers.flatMap((answer) => ("fault" in answer ? answer.fault : [])),
            ...known.flatMap((one) => machineFaults(plan, one, stackIsNew)),
            ...togetherFaults(plan, known),
        ],
        warnings: togetherWarnings(plan, known),
        notes: [needSentence(plan)],
        machineId: (host) => ids.get(host) ?? "",
        isLiving: (host) => living.has(host),
    };
}

async function contact(
    plan: Plan,
    spec: HostSpec,
    config: string,
): Promise<Known | { readonly fault: Fault }> {
    const said = await ask(
        ["-F", config, spec.name, remoteShell(plan, spec.name)],
        `${questions(plan, spec)}${probe}`,
        patienceSeconds,
    );
    const report = parseReport(said);
    return report === undefined ? { fault: contactFault(plan, spec, said) } : { spec, report };
}

/** What the probe needs to know, as bash reads it; none of these words has a quote in it. */
export function questions(plan: Plan, spec: HostSpec): string {
    const place = dataPlace(plan, spec);
    const peers = plan.hosts
        .filter(({ name }) => name !== spec.name)
        .map(({ address, sshPort }) => `${address}:${sshPort ?? 22}`);
    return [
        `peers='${peers.join(" ")}'`,
        `people='${Object.keys(plan.config.people).join(" ")}'`,
        `data='${place?.directory ?? ""}'`,
        `device='${place?.device ?? ""}'`,
        `packages='${packagesOf(plan, spec).join(" ")}'`,
        "",
    ].join("\n");
}

/** What is written on a machine that stays what it is. */
function keptIdentity(plan: Plan, spec: HostSpec, known: readonly Known[]): string | undefined {
    const report = known.find((one) => one.spec.name === spec.name)?.report;
    const isReturning = report?.hasLeft === true && spec.leaving !== true;
    const owner = report?.owner;
    return owner?.stack === plan.stack && !isReturning ? owner.nonce : undefined;
}

/** What is needed here before anybody can be asked. */
function clientFaults(plan: Plan): Fault[] {
    const { keyFile } = plan.config.ssh;
    if (keyFile === undefined || plan.config.sshPrivateKey !== undefined) return [];
    const path = keyFile.replace(/^~(?=\/)/, homedir());
    if (existsSync(path)) return [];
    return [
        {
            key: "testudo:ssh.keyFile",
            rule: "needs the path of a private key that is there (or the key itself in the secret testudo:sshPrivateKey)",
            why: "the first contact with every machine is made with it",
            got: keyFile,
        },
    ];
}
