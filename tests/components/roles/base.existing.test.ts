import { sshConfig } from "../../../components/host/ssh-config";
import { roleFaults } from "../../../components/roles/all";
import { fileOf, filesOf } from "../../helpers/facts";
import { existing, hostOf, planOf } from "../../helpers/plans";
import { PrivateHost } from "../../helpers/private-host";

// What differs in `base` where the machine was there before.

const plan = planOf(existing);
const pathsOf = (one: typeof plan, name: string) =>
    (filesOf(one, hostOf(one, name)).get("base") ?? []).map(({ path }) => path);

test("the owner's names and keys are not written over", () => {
    expect(pathsOf(plan, "db1")).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^\/etc\/hosts$|authorized_keys/)]),
    );
    expect(pathsOf(planOf(), "db1")).toEqual(
        expect.arrayContaining(["/etc/hosts", "/root/.ssh/authorized_keys"]),
    );
    const own = ["/etc/testudo/hosts", "/usr/local/lib/testudo/base/hosts"];
    expect(pathsOf(plan, "db1")).toEqual(expect.arrayContaining(own));
    expect(pathsOf(planOf(), "db1").filter((path) => own.includes(path))).toEqual([]);
});

test("people's ways in and out are as everywhere, and the owner's are as they were", () => {
    const sshd = (one: typeof plan) =>
        fileOf(one, hostOf(one, "web1"), "/etc/ssh/sshd_config.d/50-testudo.conf");
    const others = /^(HostKey|AllowGroups|AuthorizedKeys|RequiredRSASize|MaxAuthTries)/gm;
    expect(sshd(plan)).not.toMatch(others);
    expect(sshd(planOf()).match(others)).toHaveLength(8);
    expect(sshd(plan)).toMatch(/^Match Group testudo-people\n +AuthorizedKeysFile none$/m);
    expect(sshd(plan)).toMatch(/^PasswordAuthentication no$/m);

    const people = (one: typeof plan) =>
        fileOf(one, hostOf(one, "web1"), "/usr/local/lib/testudo/base/people");
    expect(people(plan)).not.toContain("usermod");
    expect(people(planOf())).toContain("usermod --password '*' root");
    // The bastion is ours on every machine.
    expect(fileOf(plan, hostOf(plan, "lb1"), "/etc/testudo/bastion/sshd_config")).toMatch(
        /^AllowGroups jump testudo-people$/m,
    );
});

test("names and clocks are the owner's: testudo:egress opens the way there, and writes nothing", () => {
    const egress = { time: ["192.0.2.1"], dns: ["192.0.2.2"] };
    const one = planOf({ ...existing, egress });
    expect(pathsOf(one, "db1").filter((path) => /resolv|chrony/.test(path))).toEqual([]);
    const rules = fileOf(one, hostOf(one, "db1"), "/etc/testudo/firewall.nft");
    expect(rules).toContain('ip daddr { 192.0.2.1/32 } udp dport 123 accept comment "time"');
    // Name servers may be neighbours; a host of the stack is none.
    expect(roleFaults(one)).toEqual([]);
    expect(roleFaults(planOf({ ...existing, egress: { dns: ["192.0.2.41"] } }))).toHaveLength(1);
});

test("hosts that share their network with others reset undeclared connections of their own kind alone", () => {
    expect(fileOf(plan, hostOf(plan, "db1"), "/etc/testudo/firewall.nft")).toContain(
        "ip saddr { 192.0.2.11, 192.0.2.12, ",
    );
});

test("the firewall knows the sshd that the machine has", () => {
    const rules = (name: string) => fileOf(plan, hostOf(plan, name), "/etc/testudo/firewall.nft");
    expect(rules("web1")).toContain("tcp sport 2200 tcp flags");
    expect(rules("web2")).toContain("tcp sport 22 tcp flags");
});

test("keepalived holds the address on the machine's own interface", () => {
    const text = fileOf(plan, hostOf(plan, "lb1"), "/etc/keepalived/keepalived.conf");
    expect(text).toContain("    interface ens3\n");
    expect(text).toContain("192.0.2.10/24 dev ens3\n");
});

test("people's ssh and the bastion find an sshd that listens elsewhere", () => {
    expect(sshConfig(plan)).toContain("Host web1\n    HostName 192.0.2.21\n    Port 2200\n");
    expect(fileOf(plan, hostOf(plan, "lb1"), "/etc/testudo/bastion/sshd_config")).toContain(
        "192.0.2.21:2200",
    );
});

const missing = PrivateHost.missing();
const here = missing === undefined ? describe : describe.skip;

here(`/etc/hosts on a host${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
    const own = "127.0.0.1 localhost\n127.0.1.1 db1.example.org db1\n203.0.113.5 printer\n";
    const files = (filesOf(plan, hostOf(plan, "db1")).get("base") ?? []).filter(({ path }) =>
        path.endsWith("hosts"),
    );
    let host: PrivateHost;
    beforeEach(() => {
        host = new PrivateHost();
        host.shell(`printf '%s' '${own}' >/etc/hosts`);
    });
    afterEach(() => {
        host.remove();
    });

    test("our names go before the owner's lines, which stay; twice is once", async () => {
        const first = await host.applyAs({ role: "base", units: [] }, ...files);
        expect(first.said).toContain("run /usr/local/lib/testudo/base/hosts");
        const written = host.read("/etc/hosts");
        expect(written.endsWith(own)).toBe(true);
        expect(written.indexOf("192.0.2.41 db1.testudo.internal db1\n")).toBeGreaterThan(0);
        host.shell("/usr/local/lib/testudo/base/hosts");
        expect(host.read("/etc/hosts")).toBe(written);
    });
});
