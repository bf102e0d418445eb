import { egressFlows } from "../cluster/egress";
import { inbound, outbound, type HostRule } from "../cluster/flows";
import { isExisting } from "../cluster/existing";
import { hostsOf, type Plan } from "../cluster/plan";
import { interfaceOf, roleNames, type Flow } from "../cluster/types";
import { accessFiles, sshdView } from "./base.access";
import { cloudFiles, cloudFlows } from "./base.cloud";
import { existingFiles, existingFlows, hostLines, sshPorts } from "./base.existing";
import type { HostFacts, NamesInPlan, Role, View } from "./role";

export interface BaseFacts extends HostFacts {
    /** All flows of all roles; this host's firewall is made from them. */
    readonly flows: readonly Flow[];
    /** The stack's certificate authority, PEM. */
    readonly ca: string;
    /** Public keys that may log in, authorized_keys lines. */
    readonly authorizedKeys: readonly string[];
}

export const firewallPath = "/etc/testudo/firewall.nft";
const library = "/usr/local/lib/testudo/base";

/** What every host is before it is anything else: reachable by its operators only, and closed to all but declared flows. */
export const base: Role<BaseFacts, NamesInPlan> = {
    name: "base",
    stem: "base",
    packages: (plan) => [
        "ca-certificates",
        "curl",
        "dbus",
        "iproute2",
        "nftables",
        "openssh-server",
        "openssl",
        "procps",
        "socat",
        "sudo",
        ...(asksForTime(plan) ? ["chrony"] : []),
    ],
    users: [],
    // Where the clock is another's (in a container), systemd passes chrony over by itself.
    units: (plan) => [
        "nftables.service",
        "ssh.service",
        ...(asksForTime(plan) ? ["chrony.service"] : []),
    ],
    files: [
        { path: "/etc/hosts", view: hostsView, check: { none: "the resolver has no checker" } },
        ...existingFiles,
        ...cloudFiles,
        {
            path: "/etc/resolv.conf",
            view: ({ plan: { config } }) =>
                !isExisting(config) && config.egress.dns.length > 0
                    ? { servers: config.egress.dns }
                    : null,
            check: { none: "the resolver has no checker" },
        },
        {
            path: "/etc/chrony/chrony.conf",
            view: ({ plan }) => (asksForTime(plan) ? { servers: plan.config.egress.time } : null),
            onChange: "restart chrony.service",
            check: "chronyd -p -f /etc/chrony/chrony.conf",
        },
        {
            path: "/etc/sysctl.d/60-testudo.conf",
            onChange: "restart systemd-sysctl.service",
            check: { none: "keys differ between kernels; unknown ones are skipped" },
        },
        {
            path: "/etc/ssh/sshd_config.d/50-testudo.conf",
            view: sshdView,
            onChange: "reload ssh.service",
            check: "mkdir -p /run/sshd && sshd -t",
        },
        {
            // Of a machine that exists already it is its owner's as well: its maker adds a line.
            path: "/root/.ssh/authorized_keys",
            content: ({ plan, authorizedKeys }) =>
                isExisting(plan.config)
                    ? null
                    : authorizedKeys.map((key) => `${key.trim()}\n`).join(""),
            mode: "0600",
            check: "ssh-keygen -l -f /root/.ssh/authorized_keys",
        },
        ...accessFiles,
        {
            // Not in the system's store: daemons name the authority that they trust, and nobody else needs it.
            path: "/etc/testudo/ca.pem",
            content: (facts) => facts.ca,
            check: "openssl x509 -noout -in /etc/testudo/ca.pem",
        },
        { path: `${library}/firewall`, mode: "0755", check: `bash -n ${library}/firewall` },
        {
            path: firewallPath,
            view: firewallView,
            mode: "0600",
            onChange: `run ${library}/firewall-load`,
            check: "nft --check --file /etc/testudo/firewall.nft",
        },
        { path: `${library}/firewall-load`, mode: "0755", check: `sh -n ${library}/firewall-load` },
        {
            path: "/etc/nftables.conf",
            mode: "0755",
            check: "nft --check --file /etc/nftables.conf",
        },
        {
            path: `${library}/state`,
            view: ({ host }) => ({ interface: interfaceOf(host) }),
            mode: "0755",
            check: `bash -n ${library}/state`,
        },
        ...["stand-down", "keep-servers"].map((name) => ({
            path: `${library}/${name}`,
            mode: "0755" as const,
            check: `bash -n ${library}/${name}`,
        })),
        {
            path: "/etc/systemd/system/haproxy@.service",
            check: { none: "systemd-analyze verify wants every instance's user and path" },
        },
    ],
    listens: [{ protocol: "tcp", port: 22, scope: "network", what: "sshd" }],
    flows: (plan) => [
        ...sshPorts(plan, "load-balancer").map((port): Flow => ({
            from: "operator",
            to: "load-balancer",
            protocol: "tcp",
            port,
            why: "deployment of the balancers",
        })),
        ...roleNames
            .filter((role) => role !== "load-balancer" && hostsOf(plan, role).length > 0)
            .flatMap((role) =>
                sshPorts(plan, role).map((port): Flow => ({
                    from: "load-balancer",
                    to: role,
                    protocol: "tcp",
                    port,
                    why: "SSH through the bastion",
                })),
            ),
        ...egressFlows(plan),
        ...existingFlows(plan),
        ...cloudFlows(plan),
    ],
    logs: ["ssh.service", "nftables.service"],
    metrics: [],
    faults: () => [],
};

/** A machine that exists already has its clock and its names from its owner. */
function asksForTime({ config }: Plan): boolean {
    return !isExisting(config) && config.egress.time.length > 0;
}

function hostsView({ plan }: BaseFacts): View | null {
    return isExisting(plan.config) ? null : { lines: hostLines(plan) };
}

function firewallView({ plan, host, flows }: BaseFacts): View {
    return {
        ownNetworks: plan.inside.join(", "),
        sshPort: host.sshPort ?? 22,
        inbound: inbound(plan, flows, host).map((rule) => ruleText(rule, "saddr")),
        outbound: outboundLines(outbound(plan, flows, host)),
    };
}

/** What only one user's processes may ask for stands first: no wider rule opens it for the others. */
function outboundLines(rules: readonly HostRule[]): string[] {
    const line = (rule: HostRule) => ruleText(rule, "daddr");
    return [
        ...rules
            .filter(({ user }) => user !== undefined)
            .flatMap((rule) => [line(rule), refusalText(rule)]),
        ...rules.filter(({ user }) => user === undefined).map(line),
    ];
}

function refusalText(rule: HostRule): string {
    const how = rule.protocol === "tcp" ? "reject with tcp reset" : "reject";
    return `ip daddr { ${rule.peers.join(", ")} } ${serviceText(rule)} counter ${how} comment "for ${rule.user ?? "nobody"} alone"`;
}

/** One nftables rule, for example `ip saddr { 10.91.0.11 } tcp dport 8443 accept comment "…"`. */
export function ruleText(rule: HostRule, side: "saddr" | "daddr"): string {
    const who =
        rule.except.length > 0
            ? `ip ${side} != { ${rule.except.join(", ")} }`
            : `ip ${side} { ${rule.peers.join(", ")} }`;
    const whose = rule.user === undefined ? "" : `meta skuid ${rule.user} `;
    return `${whose}${who} ${serviceText(rule)} accept comment "${rule.why}"`;
}

/** `tcp dport 443`, `ip protocol vrrp`, `icmp type echo-request`. */
export function serviceText(rule: Pick<HostRule, "protocol" | "port">): string {
    switch (rule.protocol) {
        case "vrrp":
            return "ip protocol vrrp";
        case "icmp":
            return "icmp type echo-request";
        default:
            return `${rule.protocol} dport ${rule.port ?? 0}`;
    }
}
