import type { RoleName } from "../../components/cluster/types";
import type { Answer, Stack, StackHost } from "../../operations/stack";

const prefixes: Readonly<Partial<Record<RoleName, string>>> = {
    "load-balancer": "lb",
    "inner-load-balancer": "inner",
    database: "db",
};

/** A stack whose hosts answer what their scripts would, and which keeps what was run where. */
export class FakeStack implements Stack {
    readonly name = "test";
    readonly outputs = { vip: "10.0.0.100" };
    readonly hosts: readonly StackHost[];
    /** `db1 database/leave`, in order. */
    readonly ran: string[] = [];
    private readonly dead = new Set<string>();
    private readonly gone = new Set<string>();
    private readonly words = new Map<string, string>();
    private readonly ills = new Map<string, string>();
    private readonly failures = new Map<string, { code: number; stderr: string }>();

    constructor(counts: Readonly<Partial<Record<RoleName, number>>>) {
        this.hosts = Object.entries(counts).flatMap(([role, count]) =>
            Array.from({ length: count }, (_, index) => ({
                name: `${prefixes[role as RoleName] ?? role}${index + 1}`,
                address: `10.0.0.${index + 1}`,
                zone: "private",
                roles: [role as RoleName],
            })),
        );
    }

    hostsOf(role: RoleName): readonly StackHost[] {
        return this.hosts.filter((host) => host.roles.includes(role));
    }

    kill(host: string): this {
        this.dead.add(host);
        return this;
    }

    /** The host has said goodbye. */
    left(host: string): this {
        this.gone.add(host);
        return this;
    }

    ail(host: string, role: RoleName, reason: string): this {
        this.ills.set(`${host} ${role}`, reason);
        return this;
    }

    says(host: string, role: RoleName | "uploads", line: string): this {
        this.words.set(`${host} ${role}`, line);
        return this;
    }

    /** From now on the step fails. */
    fail(step: string, stderr: string, code = 1): this {
        this.failures.set(step, { code, stderr });
        return this;
    }

    run(host: string, command: string): Promise<Answer> {
        const script =
            /\/usr\/local\/lib\/testudo\/(\S+( \S+ [\d.]+)?)$/.exec(command)?.[1] ?? command;
        this.ran.push(`${host} ${script}`);
        const failure = this.failures.get(`${host} ${script.split(" ")[0] ?? ""}`);
        const answer = (code: number, stdout: string, stderr = "") =>
            Promise.resolve({ host, code, stdout, stderr });
        if (this.dead.has(host)) return answer(255, "", "no route to host");
        if (failure !== undefined) return answer(failure.code, "", failure.stderr);
        return answer(0, script === "base/state" ? this.state(host) : "");
    }

    private state(name: string): string {
        const roles = this.hosts.find((host) => host.name === name)?.roles ?? [];
        const lines = roles.flatMap((role) => {
            const reason = this.ills.get(`${name} ${role}`);
            return [
                ["role", role, reason === undefined ? "well" : "ill", reason ?? ""],
                ["says", role, this.words.get(`${name} ${role}`) ?? this.usual(role, name)],
            ];
        });
        const uploads = this.words.get(`${name} uploads`);
        return [
            ...(this.gone.has(name) ? [["left"]] : []),
            ...(name === "lb1" ? [["address", this.outputs.vip]] : []),
            ...lines,
            ...(uploads === undefined ? [] : [["says", "uploads", uploads]]),
        ]
            .map((words) => `${words.join("\t")}\n`)
            .join("");
    }

    /** What a member of a whole cluster says. */
    private usual(role: RoleName, host: string): string {
        const others = (wanted: RoleName) =>
            this.hostsOf(wanted).filter(({ name }) => !this.dead.has(name) && !this.gone.has(name));
        const alive = others(role).length;
        if (role === "database")
            return `running status=Primary state=4 ready=ON size=${alive} uuid=a seqno=7`;
        if (role === "cache") {
            const isMaster = others(role)[0]?.name === host;
            const state = isMaster ? `master/${alive - 1}` : "replica/up";
            return `sessions=${state} objects=${state} sentinel=up`;
        }
        return role === "storage" ? '{"healPending":0,"splitBrain":0,"bricks":[]}' : "";
    }
}
