import type { RoleName } from "../components/cluster/types";
import type { Answer, Stack, StackHost } from "./stack";

/** How a role of a host is. `busy`: a push is under way there. */
export interface RoleState {
    readonly role: RoleName;
    readonly health: "well" | "ill" | "busy" | "unknown";
    /** Why it is not well, in its own words. */
    readonly reason: string;
    /** What the role says of itself: a member's state, or JSON. */
    readonly says: string;
}

/** How a host is, as it says itself. */
export interface HostState extends StackHost {
    readonly answers: boolean;
    /** It has said goodbye (testudo leave), or is about to be made anew (testudo replace). */
    readonly left: boolean;
    readonly states: readonly RoleState[];
    readonly addresses: readonly string[];
    /** What its proxies see. */
    readonly servers: readonly ProxyServer[];
    /** JSON of how it reaches the visitors' files; empty where it does not need them. */
    readonly uploads: string;
}

export interface ProxyServer {
    readonly proxy: string;
    readonly backend: string;
    readonly name: string;
    readonly status: string;
}

const script = "/usr/local/lib/testudo/base/state";

/** Asks all hosts at once. A host that does not answer is an answer. */
export async function survey(stack: Stack): Promise<HostState[]> {
    return Promise.all(
        stack.hosts.map(async (host) =>
            readState(host, await stack.run(host.name, script, { timeoutSeconds: 90 })),
        ),
    );
}

/** What a host has printed. */
export function readState(host: StackHost, { code, stdout }: Pick<Answer, "code" | "stdout">) {
    const lines = stdout.split("\n").map((line) => line.split("\t"));
    const of = (key: string) => lines.filter(([first]) => first === key);
    const says = (name: string) => of("says").find((line) => line[1] === name)?.[2] ?? "";
    const answers = code === 0;
    return {
        ...host,
        answers,
        left: of("left").length > 0,
        states: host.roles.map((role): RoleState => {
            const [, , health, reason = ""] = of("role").find((line) => line[1] === role) ?? [];
            const known = health === "well" || health === "ill" || health === "busy";
            return { role, health: known ? health : "unknown", reason, says: says(role) };
        }),
        addresses: of("address").map(([, address = ""]) => address),
        servers: of("server").map(([, proxy = "", backend = "", name = "", status = ""]) => ({
            proxy,
            backend,
            name,
            status,
        })),
        uploads: says("uploads"),
    } satisfies HostState;
}

/** The word `name=` of a member's line. */
export function wordOf(name: string, line: string): string {
    const found = line.split(" ").find((word) => word.startsWith(`${name}=`));
    return found?.slice(name.length + 1) ?? "";
}

export function stateOf(host: HostState, role: RoleName): RoleState | undefined {
    return host.states.find((state) => state.role === role);
}
