import type { BorderRule, BorderSide } from "../cluster/flows";
import type { Plan } from "../cluster/plan";
import { serviceText } from "../roles/base";
import { bridgeName } from "./incus-names";

const zones = ["public", "private", "outside"] as const;

/**
 * The nftables rules of the machine between the stack's bridges: only declared flows cross from one
 * zone to another, nobody claims another zone's addresses, and no host reaches the machine itself. A reboot of
 * the machine takes them away: the nonce, kept as the table's comment, tells preflight that they are there.
 */
export function borderRuleset(plan: Plan, rules: readonly BorderRule[], nonce: string): string {
    const bridge = (zone: (typeof zones)[number]) => `"${bridgeName(plan.stack, zone)}"`;
    const all = `{ ${zones.map(bridge).join(", ")} }`;
    const table = `testudo-${plan.stack}`;
    // Outside is whatever is not ours: the lab's own bridge, and visitors from the machine's network.
    const place = (zone: BorderSide["zone"]) =>
        zone === "outside" ? `!= { ${bridge("public")}, ${bridge("private")} }` : bridge(zone);
    const side = (which: BorderSide, interfaceWord: string, addressWord: string) =>
        [
            `${interfaceWord} ${place(which.zone)}`,
            ...(which.addresses.length > 0
                ? [`ip ${addressWord} { ${which.addresses.join(", ")} }`]
                : []),
        ].join(" ");
    return [
        `table inet ${table}`,
        `delete table inet ${table}`,
        `table inet ${table} {`,
        `    comment "${nonce}"`,
        "    chain spoofed {",
        "        type filter hook prerouting priority raw; policy accept;",
        ...zones.map(
            (zone) => `        iifname ${bridge(zone)} ip saddr != ${plan.networks[zone]} drop`,
        ),
        `        iifname ${all} meta nfproto ipv6 drop`,
        "    }",
        "    chain forward {",
        "        type filter hook forward priority filter; policy accept;",
        `        iifname != ${all} oifname != ${all} accept`,
        // Where bridged frames pass here too (br_netfilter), a zone's own traffic is its hosts' business.
        ...zones.map((zone) => `        iifname ${bridge(zone)} oifname ${bridge(zone)} accept`),
        "        ct state established,related accept",
        ...rules.map(
            (rule) =>
                `        ${side(rule.from, "iifname", "saddr")} ${side(rule.to, "oifname", "daddr")} ${serviceText(rule)} accept comment "${rule.why}"`,
        ),
        // Our own hosts are told at once; who scans from outside learns nothing.
        `        iifname { ${bridge("public")}, ${bridge("private")} } counter reject with icmpx admin-prohibited comment "undeclared"`,
        '        counter drop comment "undeclared"',
        "    }",
        "    chain input {",
        "        type filter hook input priority filter; policy accept;",
        `        iifname ${all} ct state established,related accept`,
        `        iifname ${all} counter reject with icmpx admin-prohibited comment "hosts have no business with the machine"`,
        "    }",
        "}",
        "",
    ].join("\n");
}
