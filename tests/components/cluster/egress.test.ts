import { crossings, outbound } from "../../../components/cluster/flows";
import { flowsOf, packagesOf, roleFaults } from "../../../components/roles/all";
import { base } from "../../../components/roles/base";
import { namesIn } from "../../../components/roles/role";
import { fileOf, filesOf } from "../../helpers/facts";
import { full, hostOf, lineOf, planFaults, planOf } from "../../helpers/plans";

const egress = { time: ["192.0.2.1"], dns: ["192.0.2.2"], mirrors: ["198.51.100.0/24"] };

const waysOut = (plan: ReturnType<typeof planOf>, host: string) =>
    outbound(plan, flowsOf(plan), hostOf(plan, host))
        .filter(({ peers, except }) =>
            [...peers, ...except].some((peer) => !peer.startsWith("10.")),
        )
        .map(({ protocol, port, peers }) => `${protocol} ${port} ${peers.join()}`);

test("no host may ask the world anything, and the border lets nothing out", () => {
    const plan = planOf(full);
    expect(plan.hosts.flatMap(({ name }) => waysOut(plan, name))).toEqual([]);
    expect(crossings(plan, flowsOf(plan)).filter(({ to }) => to.zone === "outside")).toEqual([]);
});

test("what is declared is open from every host, to these addresses alone, once", () => {
    const plan = planOf({ ...full, egress });
    for (const { name } of plan.hosts) {
        expect([name, waysOut(plan, name)]).toEqual([
            name,
            [
                "udp 123 192.0.2.1/32",
                "udp 53 192.0.2.2/32",
                "tcp 53 192.0.2.2/32",
                "tcp 80 198.51.100.0/24",
                "tcp 443 198.51.100.0/24",
            ],
        ]);
    }
    // Two roles on one host ask for the same.
    expect(waysOut(planOf({ egress }), "web1")).toHaveLength(5);
});

test("hosts are told where to ask, and only then have a file for it", () => {
    const plan = planOf({ egress });
    const host = hostOf(plan, "db1");
    expect(fileOf(plan, host, "/etc/resolv.conf")).toContain("nameserver 192.0.2.2\n");
    expect(fileOf(plan, host, "/etc/chrony/chrony.conf")).toContain("server 192.0.2.1 iburst\n");
    expect(packagesOf(plan, host)).toContain("chrony");
    expect(namesIn(plan, base.units)).toContain("chrony.service");

    const closed = planOf();
    const paths = [...filesOf(closed, hostOf(closed, "db1")).values()].flat();
    expect(paths.filter(({ path }) => /resolv|chrony/.test(path))).toEqual([]);
    expect(packagesOf(closed, host)).not.toContain("chrony");
    expect(namesIn(closed, base.units)).not.toContain("chrony.service");
});

test("a way out must not be a way in between our own hosts", () => {
    const plan = planOf({ egress: { dns: ["10.91.1.53"], mirrors: ["10.91.0.0/16"] } });
    expect(roleFaults(plan).map(lineOf)).toEqual([
        "testudo:egress.dns.0: must not be inside or around testudo:network.private (10.91.1.0/24), because it would open every host of that network to all others; flows between hosts are declared by their roles; got 10.91.1.53/32",
        expect.stringMatching(
            /^testudo:egress\.mirrors\.0: .*network\.public.* got 10\.91\.0\.0\/16$/,
        ),
        expect.stringMatching(/^testudo:egress\.mirrors\.0: .*network\.private/),
    ]);
});

test("what is no address is refused by the key as typed", () => {
    expect(planFaults({ egress: { time: ["pool.ntp.org"] } })).toEqual([
        'testudo:egress.time.0: needs an IPv4 address such as 10.91.0.10, because the plan is made from it; got "pool.ntp.org"',
    ]);
});
