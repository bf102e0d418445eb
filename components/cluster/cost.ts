import { hasApiEndpoint, instanceTypeOf } from "./aws";
import { hostsOf, type Plan } from "./plan";
import { instancePrice, isPriced, pricesFrom, servicePrices } from "./prices.aws";

/** Hours of an average month, as AWS counts. */
const hours = 730;
/** Of a root disk: Debian's images need 8, packages and caches the rest. */
export const leastRootGiB = 10;

/** One line of a bill, or of a machine's need. */
export interface CostLine {
    readonly what: string;
    readonly count: number;
    /** Dollars a month for all of them; undefined where the table has no price. */
    readonly month?: number;
}

export interface Cost {
    readonly lines: readonly CostLine[];
    /** Dollars a month of all lines with a price. */
    readonly month: number;
    /** What the sum lacks because the table does not know it. */
    readonly unknown: readonly string[];
}

/** What EC2 asks for a stack that only stands there: traffic, snapshots, CPU credits and taxes come on top. */
export function awsCost(plan: Plan, region: string): Cost {
    const lines = [...instanceLines(plan, region), ...serviceLines(plan, region)];
    return {
        lines,
        month: lines.reduce((sum, line) => sum + (line.month ?? 0), 0),
        unknown: lines.filter((line) => line.month === undefined).map((line) => line.what),
    };
}

/** The sum in one sentence, with what it lacks. */
export function costSentence({ lines, month, unknown }: Cost, region: string): string {
    if (unknown.length === lines.length)
        return `what it costs in ${region} is not known here: the table of ${pricesFrom.date} has no prices of that region`;
    const lacking = unknown.length === 0 ? "" : ` (no price here for ${unknown.join(", ")})`;
    return `about ${month.toFixed(0)} USD a month in ${region}${lacking}: on-demand list prices of ${pricesFrom.date}, an estimate, without traffic, snapshots and taxes`;
}

function instanceLines(plan: Plan, region: string): CostLine[] {
    const types = plan.hosts.map((host) => instanceTypeOf(plan.config, host));
    return [...new Set(types)].sort().map((type) => {
        const count = types.filter((one) => one === type).length;
        return line(type, count, instancePrice(type, region), hours);
    });
}

function serviceLines(plan: Plan, region: string): CostLine[] {
    const { zones } = plan.config.aws;
    const prices = isPriced(region) ? servicePrices[region] : undefined;
    const gateways = gatewaysOf(plan);
    const endpoints = hasApiEndpoint(plan) ? zones.length : 0;
    const disks = plan.hosts.reduce(
        (sum, host) => sum + Math.max(leastRootGiB, host.diskGiB) + (host.data?.sizeGiB ?? 0),
        0,
    );
    return [
        line("GiB of gp3 disks", disks, prices?.gp3GiBMonth, 1),
        line("public IPv4 addresses", publicAddressesOf(plan), prices?.publicAddressHour, hours),
        line("NAT gateways", gateways, prices?.natGatewayHour, hours),
        line("zones of the API endpoint", endpoints, prices?.endpointHour, hours),
    ].filter(({ count }) => count > 0);
}

function gatewaysOf({ config: { aws } }: Plan): number {
    return { perZone: aws.zones.length, single: 1, none: 0 }[aws.nat];
}

/** Each balancer has one of its own beside the one that moves. */
export function publicAddressesOf(plan: Plan): number {
    return hostsOf(plan, "load-balancer").length + 1 + gatewaysOf(plan);
}

function line(what: string, count: number, price: number | undefined, times: number): CostLine {
    return { what, count, ...(price === undefined ? {} : { month: count * price * times }) };
}

/** What one's own machines must have: the one that Incus runs on, or those that exist already. */
export interface Need {
    /** The limits of all hosts together; at rest they use about a third. */
    readonly memoryMiB: number;
    /** The limits of all disks together; they grow as they are written to. */
    readonly diskGiB: number;
    readonly dataGiB: number;
}

/** The need in one sentence. */
export function needSentence(plan: Plan): string {
    const { memoryMiB, diskGiB, dataGiB } = needOf(plan);
    const where =
        plan.config.platform === "incus" ? "the machine needs up to" : "all machines together need";
    return `${plan.hosts.length} hosts: ${where} ${memoryMiB} MiB of memory, ${diskGiB} GiB of disk and ${dataGiB} GiB for data`;
}

export function needOf(plan: Plan): Need {
    const sum = (of: (host: Plan["hosts"][number]) => number) =>
        plan.hosts.reduce((all, host) => all + of(host), 0);
    return {
        memoryMiB: sum((host) => host.memoryMiB),
        diskGiB: sum((host) => host.diskGiB),
        dataGiB: sum((host) => host.data?.sizeGiB ?? 0),
    };
}
