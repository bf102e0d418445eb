import type { Known } from "../../components/machines/ssh-preflight";
import { parseReport, type Report } from "../../components/machines/ssh-report";
import { existing, hostOf, planOf } from "./plans";

// What machines say of themselves, as their probe prints it. The real one: ssh-preflight.test.ts.

export const plan = planOf(existing);

/** What a machine with which nothing is wrong says. */
export function said(name: string): string[] {
    const { address } = hostOf(plan, name);
    const on = hostOf(plan, name).interface ?? "";
    return [
        "client\t192.0.2.200",
        "time\t1000.5",
        "os\tdebian 13\tDebian GNU/Linux 13 (trixie)",
        "init\tsystemd",
        `machine\tid-of-${name}`,
        `kernel\tboot-of-${name}`,
        "memory\t2000",
        "disk\t/\t20000\t15000",
        "address\tlo\t127.0.0.1/8\t",
        `address\t${on}\t${address}/24\t`,
        "listens\ttcp\t0.0.0.0:22",
        "sshd\tkeys .ssh/authorized_keys",
        ...(name === "db1" ? ["device\tempty\t20480"] : ["data\t40000\t30000"]),
        ...plan.hosts.map((host) => `peer\t${host.address}\tyes`),
        "packages\tok\t12",
        "end",
    ];
}

/** The same, with lines instead of those that begin with the same words. */
function reportOf(name: string, ...changed: string[]): Report {
    const isChanged = (line: string) =>
        changed.some(
            (one) =>
                one.split("\t")[0] === line.split("\t")[0] && !/^(listens|sshd|peer)/.test(one),
        );
    const lines = [
        ...said(name).filter((line) => !isChanged(line) && line !== "end"),
        ...changed,
        "end",
    ];
    const report = parseReport({
        code: 0,
        stdout: lines.join("\n"),
        stderr: "",
        began: 1_000_000,
        answered: 1_000_400,
    });
    if (report === undefined) throw new Error("not taken for a whole report");
    return report;
}

export const known = (name: string, ...changed: string[]): Known => ({
    spec: hostOf(plan, name),
    report: reportOf(name, ...changed),
});
export const all = (changes: Record<string, string[]> = {}) =>
    plan.hosts.map(({ name }) => known(name, ...(changes[name] ?? [])));
