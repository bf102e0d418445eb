import { doorOf } from "../cluster/aws";
import { hostsOf, type Plan } from "../cluster/plan";
import { interfaceOf } from "../cluster/types";
import type { FloatingAddress } from "./floating-address";
import type { FileSpec, HostFacts, Names, View } from "./role";

interface OnEc2 {
    readonly region: string;
    /** Address of the EC2 API. */
    readonly endpoint: string;
    /** The host's own, which the address is led to. */
    readonly networkInterfaceId: string;
}

/**
 * How a host fetches its pair's floating address where no neighbour listens to VRRP's announcements: by a call of
 * the platform. All names in it are known before the host is configured, so that nothing is asked when it counts.
 */
export type AddressMover =
    /** A public address, led to a second private one of the host. */
    | (OnEc2 & {
          readonly kind: "elastic";
          readonly allocationId: string;
          readonly publicAddress: string;
      })
    /** A private address, moved between the interfaces of one subnet. */
    | (OnEc2 & { readonly kind: "secondary" })
    /** An address outside of the network, to which route tables lead. */
    | (OnEc2 & { readonly kind: "route"; readonly routeTableIds: readonly string[] });

/** What the files of a pair with a floating address know. */
export interface FloatingFacts extends HostFacts {
    /** Absent where VRRP alone moves the address. */
    readonly mover?: AddressMover;
}

const timer = "testudo-address.timer";
const door = "testudo-door.service";

/** How the platform moves the address of a pair; undefined where VRRP alone does. */
export function moverKind(
    plan: Plan,
    role: FloatingAddress["role"],
): AddressMover["kind"] | undefined {
    if (plan.config.platform !== "aws") return undefined;
    return role === "load-balancer" ? "elastic" : plan.config.aws.innerAddress;
}

/** Whom keepalived calls. The second line: after a split the winner has to fetch again what the loser took meanwhile. */
export function notifyLines({ role, library }: FloatingAddress, plan: Plan): string[] {
    if (moverKind(plan, role) === undefined) return [];
    return ["notify_master", "notify_master_rx_lower_pri"].map(
        (event) => `${event} "${library}/address claim" root`,
    );
}

export function moverUnits(plan: Plan, role: FloatingAddress["role"]): Names {
    const kind = moverKind(plan, role);
    if (kind === undefined) return [];
    return kind === "elastic" ? [door, timer] : [timer];
}

/** The script that fetches the address, one for each way, and what looks after it every 15 seconds. */
export function moverFiles(pair: FloatingAddress): FileSpec<FloatingFacts>[] {
    const shared = (name: string) => `_shared/floating-address/${name}.mustache`;
    const script = `${pair.library}/address`;
    const onAws = (view: (facts: FloatingFacts) => View) => (facts: FloatingFacts) =>
        moverKind(facts.plan, pair.role) === undefined ? null : view(facts);
    return [
        ...(["elastic", "secondary", "route"] as const).map((kind): FileSpec<FloatingFacts> => ({
            path: script,
            template: shared(`aws-${kind}`),
            view: (facts) => (facts.mover?.kind === kind ? moverView(pair, facts) : null),
            mode: "0755",
            check: `bash -n ${script}`,
        })),
        {
            path: "/etc/systemd/system/testudo-address.service",
            template: shared("testudo-address.service"),
            view: onAws(() => ({ script })),
            check: "systemd-analyze verify --man=no /etc/systemd/system/testudo-address.service",
        },
        {
            path: `/etc/systemd/system/${timer}`,
            template: shared(timer),
            view: onAws(() => ({})),
            onChange: `restart ${timer}`,
            check: `systemd-analyze verify --man=no /etc/systemd/system/${timer}`,
        },
        ...(pair.role === "load-balancer"
            ? [
                  {
                      path: `/etc/systemd/system/${door}`,
                      template: shared(door),
                      view: onAws(doorView),
                      onChange: `restart ${door}` as const,
                      check: `systemd-analyze verify --man=no /etc/systemd/system/${door}`,
                  },
              ]
            : []),
    ];
}

function moverView(pair: FloatingAddress, { plan, host, mover }: FloatingFacts): View {
    const [preferred] = hostsOf(plan, pair.role);
    return {
        role: pair.role,
        vip: plan.vips[pair.role] ?? null,
        interface: interfaceOf(host),
        door: doorOf(plan.config, host) ?? null,
        isPreferred: preferred?.name === host.name ? "yes" : "no",
        region: mover?.region ?? null,
        endpoint: mover?.endpoint ?? null,
        networkInterfaceId: mover?.networkInterfaceId ?? null,
        allocationId: mover?.kind === "elastic" ? mover.allocationId : null,
        publicAddress: mover?.kind === "elastic" ? mover.publicAddress : null,
        routeTableIds: mover?.kind === "route" ? mover.routeTableIds.join(" ") : null,
    };
}

function doorView({ plan, host }: FloatingFacts): View {
    return { door: doorOf(plan.config, host) ?? null, interface: interfaceOf(host) };
}
