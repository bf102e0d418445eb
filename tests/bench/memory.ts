import { existsSync, readFileSync } from "node:fs";
import { instances, project } from "../e2e/lab";

export interface Memory {
    readonly host: string;
    /** Without what the kernel keeps of files and gives back at once when somebody needs it. */
    readonly mebibytes: number;
}

/** What each host of the cluster holds, as the kernel of this machine counts it. */
export async function memoryOfHosts(others: readonly string[]): Promise<Memory[]> {
    const hosts = (await instances())
        .map(({ name }) => name)
        .filter((name) => !others.includes(name));
    return hosts.sort().map((host) => ({ host, mebibytes: Math.round(held(host) / 2 ** 20) }));
}

function held(host: string): number {
    const group = `lxc.payload.${project}_${host}`;
    const unified = `/sys/fs/cgroup/${group}`;
    const legacy = `/sys/fs/cgroup/memory/${group}`;
    if (existsSync(`${unified}/memory.current`)) {
        const stat = counters(`${unified}/memory.stat`);
        return number(`${unified}/memory.current`) - ((stat.file ?? 0) - (stat.shmem ?? 0));
    }
    const stat = counters(`${legacy}/memory.stat`);
    const cache = (stat.total_cache ?? 0) - (stat.total_shmem ?? 0);
    return number(`${legacy}/memory.usage_in_bytes`) - cache;
}

function number(file: string): number {
    return Number(readFileSync(file, "utf8"));
}

function counters(file: string): Partial<Record<string, number>> {
    return Object.fromEntries(
        readFileSync(file, "utf8")
            .trim()
            .split("\n")
            .map((line) => line.split(" "))
            .map(([name = "", value]) => [name, Number(value)]),
    );
}
