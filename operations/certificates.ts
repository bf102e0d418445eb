import { connect } from "node:tls";
import type { Command } from "commander";
import { z } from "zod";
import { edgeOf, edgeText, type Edge } from "./edge";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions } from "./report";
import { openStack, type Stack } from "./stack";

const listed = z.array(z.object({ name: z.string(), ends: z.string().datetime() })).min(1);
const dayMs = 86_400_000;
/** Days before its end from which a certificate is pointed at; `up` has renewed ours by then. */
const soonDays = 30;

/** One certificate, as the last complete `up` has made it. */
interface Certificate {
    readonly name: string;
    readonly ends: string;
    /** Negative when it has ended. */
    readonly daysLeft: number;
}

export function addCertificates(program: Command): void {
    program
        .command("certificates")
        .description(
            "until when each certificate is valid, and what visitors are shown now; exit status 1 when one ends within 30 days, or ACME fails",
        )
        .action(async (_: object, command: Command) => {
            const { stack: name } = command.optsWithGlobals<GlobalOptions>();
            const stack = await openStack(name);
            const certificates = certificatesOf(stack.outputs, new Date());
            const [served, edges] = await Promise.all([servedAt(stack), edgesOf(stack)]);
            const ending = certificates.filter(({ daysLeft }) => daysLeft < soonDays);
            reportOf(command).result(
                { stack: stack.name, certificates, servedUntil: served ?? null, edges },
                [certificatesText(certificates, served), ...edges.map(edgeLine)].join("\n"),
            );
            const failing = edges.some(({ edge }) => edge?.failed !== null);
            if (ending.length > 0 || failing) process.exitCode = 1;
        });
}

/** From the stack's outputs: hosts are not asked, and may be down. */
export function certificatesOf(outputs: Stack["outputs"], now: Date): Certificate[] {
    const found = listed.safeParse(outputs.certificates);
    if (!found.success)
        throw new Refusal(
            "the stack's outputs say nothing of certificates; bring it up with this version first: pulumi up",
        );
    return found.data
        .map(({ name, ends }) => ({
            name,
            ends,
            daysLeft: Math.floor((Date.parse(ends) - now.getTime()) / dayMs),
        }))
        .sort((a, b) => a.daysLeft - b.daysLeft || a.name.localeCompare(b.name));
}

/** A line each, the one that ends first at the top. */
export function certificatesText(
    certificates: readonly Certificate[],
    served: string | undefined,
): string {
    const width = Math.max(...certificates.map(({ name }) => name.length));
    const ending = certificates.filter(({ daysLeft }) => daysLeft < soonDays).length;
    return [
        ...certificates.map(
            ({ name, ends, daysLeft }) =>
                `${name.padEnd(width)}  ${ends.slice(0, 10)}  ${daysLeft < 0 ? "has ended" : `${daysLeft} days`}${daysLeft < soonDays ? "  !" : ""}`,
        ),
        "",
        served === undefined
            ? "the balancers do not answer, so what visitors are shown is not known"
            : `visitors are shown one until ${served.slice(0, 10)}`,
        ...(ending === 0
            ? []
            : [
                  `${ending} end within ${soonDays} days: \`pulumi up\` renews the stack's own (testudo:trust.renewalDays); your own is yours to replace`,
              ]),
    ].join("\n");
}

/** Where visitors find the site: the floating address, or the one that leads to it where that is the stack's own alone. */
export function publicPlace({ outputs }: Pick<Stack, "outputs">): string | undefined {
    const { publicAddress, vip } = outputs;
    const place = publicAddress ?? vip;
    return typeof place === "string" ? place : undefined;
}

/** What a balancer says of the certificate that it has by ACME. */
export interface BalancerEdge {
    readonly host: string;
    /** `null` where it says nothing. */
    readonly edge: Edge | null;
}

/** Each balancer fetches its own: none of them without ACME. */
export async function edgesOf(
    stack: Pick<Stack, "outputs" | "hostsOf" | "run">,
): Promise<BalancerEdge[]> {
    if (stack.outputs.acme === undefined) return [];
    return Promise.all(
        stack.hostsOf("load-balancer").map(async ({ name }) => {
            const { stdout } = await stack.run(
                name,
                "/usr/local/lib/testudo/load-balancer/status",
                { timeoutSeconds: 20 },
            );
            return { host: name, edge: edgeOf(stdout) ?? null };
        }),
    );
}

export function edgeLine({ host, edge }: BalancerEdge): string {
    return `${host} ${edge === null ? "does not say what it shows" : edgeText(edge)}`;
}

/** The end of the certificate that the balancer with the floating address shows, whoever has signed it. */
function servedAt(stack: Stack): Promise<string | undefined> {
    const host = publicPlace(stack);
    const { siteUrl } = stack.outputs;
    if (host === undefined || typeof siteUrl !== "string") return Promise.resolve(undefined);
    const name = new URL(siteUrl).hostname;
    return new Promise((resolve) => {
        const socket = connect({
            host,
            port: 443,
            // It is looked at, not believed; and an address is no server name.
            rejectUnauthorized: false,
            ...(name === host ? {} : { servername: name }),
        });
        const end = (answer: string | undefined) => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(5000, () => {
            end(undefined);
        });
        socket.on("error", () => {
            end(undefined);
        });
        socket.on("secureConnect", () => {
            end(new Date(socket.getPeerCertificate().valid_to).toISOString());
        });
    });
}
