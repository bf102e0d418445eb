import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import { relayView, type AppFacts } from "./app-tier.views";
import type { FileSpec } from "./role";

/** A queue on each host, for the relay. */
export const mailFiles: readonly FileSpec<AppFacts>[] = [
    {
        path: "/etc/nullmailer/remotes",
        view: relayView,
        owner: "root:mail",
        mode: "0640",
        onChange: "restart nullmailer.service",
        check: { none: "nullmailer checks nothing before it sends" },
    },
    {
        path: "/etc/nullmailer/allmailfrom",
        content: ({ plan }) => line(plan.config.mail?.from),
        check: { none: "an address that the configuration has checked" },
    },
    {
        path: "/etc/nullmailer/helohost",
        content: ({ plan }) => line(plan.config.mail?.from.split("@")[1]),
        check: { none: "a domain that the configuration has checked" },
    },
];

export function mailFlows({ config: { mail } }: Plan): Flow[] {
    if (mail === undefined) return [];
    return [
        {
            from: "app",
            to: "outside",
            protocol: "tcp",
            port: mail.port,
            only: [`${mail.relay}/32`],
            why: "outgoing mail",
        },
    ];
}

export function mailFaults({ config }: Plan): Fault[] {
    const { mail, mailPassword } = config;
    const faults: Fault[] = [];
    if (mailPassword !== undefined && mail?.user === undefined) {
        faults.push({
            key: configKey("mail.user"),
            rule: "is required with testudo:mailPassword",
            why: "a relay wants both or neither",
            got: "nothing",
        });
    }
    if (mail?.user !== undefined && mailPassword === undefined) {
        faults.push({
            key: configKey("mailPassword"),
            rule: "is required with testudo:mail.user",
            why: "a relay wants both or neither",
            got: "nothing",
        });
    }
    if (mail?.user !== undefined && mail.tls === "none") {
        faults.push({
            key: configKey("mail.tls"),
            rule: "needs to be starttls with testudo:mail.user",
            why: "the password would cross the network in clear text",
            got: '"none"',
        });
    }
    return faults;
}

function line(text: string | undefined): string | null {
    return text === undefined ? null : `${text}\n`;
}
