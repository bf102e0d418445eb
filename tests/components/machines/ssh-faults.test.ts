import { contactFault } from "../../../components/machines/ssh-contact";
import { machineFaults } from "../../../components/machines/ssh-faults";
import type { Known } from "../../../components/machines/ssh-preflight";
import { parseReport, type Report } from "../../../components/machines/ssh-report";
import { togetherFaults, togetherWarnings } from "../../../components/machines/ssh-together";
import { existing, hostOf, lineOf, planOf, type Values } from "../../helpers/plans";

// What is made of machines' answers. The answers themselves: ssh-preflight.test.ts, from a real sshd.

const plan = planOf(existing);

/** What a machine with which nothing is wrong says. */
function said(name: string): string[] {
    const { address } = hostOf(plan, name);
    const on = hostOf(plan, name).interface ?? "";
    return [
        "client\t192.0.2.200",
        "time\t1000.5",
        "os\tdebian 13\tDebian GNU/Linux 13 (trixie)",
        "init\tsystemd",
        `machine\tid-of-${name}`,
        `kernel\tboot-of-${name}`,
        "memory\t2000",
        "disk\t/\t20000\t15000",
        "address\tlo\t127.0.0.1/8\t",
        `address\t${on}\t${address}/24\t`,
        "listens\ttcp\t0.0.0.0:22",
        "sshd\tkeys .ssh/authorized_keys",
        ...(name === "db1" ? ["device\tempty\t20480"] : ["data\t40000\t30000"]),
        ...plan.hosts.map((host) => `peer\t${host.address}\tyes`),
        "packages\tok\t12",
        "end",
    ];
}

/** The same, with lines instead of those that begin with the same words. */
function reportOf(name: string, ...changed: string[]): Report {
    const isChanged = (line: string) =>
        changed.some(
            (one) =>
                one.split("\t")[0] === line.split("\t")[0] && !/^(listens|sshd|peer)/.test(one),
        );
    const lines = [
        ...said(name).filter((line) => !isChanged(line) && line !== "end"),
        ...changed,
        "end",
    ];
    const report = parseReport({
        code: 0,
        stdout: lines.join("\n"),
        stderr: "",
        began: 1_000_000,
        answered: 1_000_400,
    });
    if (report === undefined) throw new Error("not taken for a whole report");
    return report;
}

const known = (name: string, ...changed: string[]): Known => ({
    spec: hostOf(plan, name),
    report: reportOf(name, ...changed),
});
const all = (changes: Record<string, string[]> = {}) =>
    plan.hosts.map(({ name }) => known(name, ...(changes[name] ?? [])));
const faultsOf = (name: string, ...changed: string[]) =>
    machineFaults(plan, known(name, ...changed)).map(lineOf);

test("machines as they should be are taken without a word", () => {
    for (const { name } of plan.hosts) expect(faultsOf(name)).toEqual([]);
    expect(togetherFaults(plan, all())).toEqual([]);
});

test("an answer that was cut off is none", () => {
    const stdout = said("db1").slice(0, -1).join("\n");
    expect(parseReport({ code: 0, stdout, stderr: "", began: 0, answered: 0 })).toBeUndefined();
});

test.each([
    [
        "db2",
        ["os\tubuntu 24.04\tUbuntu 24.04 LTS"],
        "testudo:ssh.hosts.db2: needs Debian 13 (trixie)",
        "got Ubuntu 24.04 LTS",
    ],
    ["db2", ["init\trunit"], "needs systemd as its first process", "got runit"],
    [
        "db2",
        ["client\t198.51.100.7"],
        "testudo:operators: needs to contain 198.51.100.7, as which db2 sees this machine",
        "got 192.0.2.200/32",
    ],
    ["db2", ["sshd\tallowusers"], "needs an sshd that lets root in", "AllowUsers leaves root out"],
    ["db2", ["sshd\tno-include"], "needs an sshd that lets root in", "no line `Include"],
    [
        "db2",
        ["address\teno1\t10.0.0.5/24\t"],
        "testudo:ssh.hosts.db2.address: needs an address that the machine itself has",
        "got 192.0.2.42; db2 has 10.0.0.5 on eno1",
    ],
    [
        "db2",
        ["address\tens3\t192.0.2.42/24\t"],
        "testudo:ssh.hosts.db2.interface: needs to be ens3",
        "got eno1",
    ],
    [
        "db2",
        ["memory\t700"],
        "testudo:hosts.db2.memoryMiB: needs a machine with that much memory (1024 MiB)",
        "got 700 MiB",
    ],
    [
        "db2",
        ["disk\t/\t20000\t900"],
        "needs a root file system of 4 GiB with 1536 MiB free",
        "900 MiB free",
    ],
    [
        "db2",
        ["data\t9000\t8000"],
        "testudo:ssh.hosts.db2.data: needs 10 GiB (testudo:database.dataGiB)",
        "8000 MiB free at /srv/testudo/mysql",
    ],
    [
        "db1",
        ["device\tused by xfs\t20480"],
        "testudo:ssh.hosts.db1.data.device: needs a disk that is there and empty",
        "got /dev/vdb: used by xfs",
    ],
    [
        "db1",
        ["device\tmissing"],
        "testudo:ssh.hosts.db1.data.device: needs a disk that is there",
        "got /dev/vdb: missing",
    ],
    ["db1", ["device\tempty\t5000"], "needs 10 GiB", "5000 MiB in /dev/vdb"],
    [
        "db3",
        ["kept\t/data/mysql/data"],
        "needs empty places for data and sites",
        "/data/mysql/data, not empty",
    ],
    [
        "web1",
        ["listens\ttcp\t*:8443"],
        "needs the ports of its roles to be free",
        "tcp 8443 in use",
    ],
    [
        "lb1",
        ["firewall\tufw is active", "firewall\tdocker is active"],
        "needs to have no firewall of its own",
        "ufw is active; docker is active",
    ],
    [
        "lb1",
        ["packages\tno\thaproxy\tErr:1 no route "],
        "needs a Debian mirror that it reaches",
        "got Err:1 no route",
    ],
    [
        "lb1",
        ["ours\tother\tabc"],
        "needs a machine of no other stack (pulumi destroy of other gives it back",
        "a machine of the stack other, not test",
    ],
] satisfies [string, string[], string, string][])(
    "%s that says %j is refused",
    (name, changed, rule, got) => {
        const faults = faultsOf(name, ...changed);
        expect(faults).toHaveLength(1);
        expect(faults[0]).toContain(rule);
        expect(faults[0]).toContain(got);
    },
);

test("a machine that is ours already may have its ports in use and data in their place", () => {
    const ours = ["ours\ttest\tabc", "disk\t/\t20000\t900"];
    expect(faultsOf("web1", ...ours, "listens\ttcp\t*:8443")).toEqual([]);
    expect(faultsOf("db3", ...ours, "kept\t/data/mysql/data", "data\t9000\t10")).toEqual([]);
});

test("a machine that was installed anew may bring its old data, where the stack is there", () => {
    const one = known("db3", "kept\t/data/mysql/data");
    expect(machineFaults(plan, one, false)).toEqual([]);
    expect(machineFaults(plan, one, true)).toHaveLength(1);
});

const together = (changes: Record<string, string[]>, values: Values = existing) =>
    togetherFaults(planOf(values), all(changes)).map(lineOf);

test("clocks 2 s apart are refused, and the one that goes wrong is named; a slow line is no wrong clock", () => {
    expect(together({ db2: ["time\t1005"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db2: needs a clock within 2 s .*got at least 4\.1 s ahead of/,
        ),
    ]);
    expect(together({ web1: ["time\t990"] })).toEqual([
        expect.stringMatching(/^testudo:ssh\.hosts\.web1: .*s behind /),
    ]);
    expect(together({ db2: ["time\t1002.6"] })).toEqual([]);
});

test("hosts that do not reach each other are named in pairs; behind a firewall of ours nobody answers, and that is right", () => {
    expect(together({ db1: ["peer\t192.0.2.42\tno", "peer\t192.0.2.43\tno"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db1\.address: needs to reach db2, db3, .*no answer from 192\.0\.2\.42, /,
        ),
    ]);
    const ours = Object.fromEntries(
        plan.hosts.map(({ name }) => [name, ["ours\ttest\tabc", "peer\t192.0.2.42\tno"]]),
    );
    expect(together(ours)).toEqual([]);
});

test("two names for one machine are refused; one kernel under several is said", () => {
    expect(together({ db2: ["machine\tid-of-db1"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db1, testudo:ssh\.hosts\.db2: need a machine each/,
        ),
    ]);
    const warnings = togetherWarnings(plan, all({ db2: ["kernel\tboot-of-db1"] }));
    expect(warnings).toEqual([
        expect.stringContaining("the border of the DMZ is the hosts' own firewalls"),
        expect.stringMatching(/^db1, db2 run on one kernel/),
    ]);
});

test("an address that is leased is said: another one would lose the host", () => {
    const warnings = togetherWarnings(plan, all({ db2: ["address\teno1\t192.0.2.42/24\tleased"] }));
    expect(warnings.join()).toContain("db2 got the address by DHCP");
});

const names = plan.hosts.map(({ name, address }) => `knows\t${name}\t${address}`);
const ours = (more: string[] = []) => ["ours\ttest\tabc", ...names, ...more];

test("one member at a time may be made anew; a second one, or one that is dropped beside it, is refused", () => {
    const stay = { lb1: ours(), db1: ours() };
    expect(together({ ...stay, db2: ours() })).toEqual([]);
    expect(together(stay)).toEqual([
        expect.stringMatching(
            /^testudo:database: may lose or change one database member at a time, .*got db2 is made anew, db3 is made anew$/,
        ),
    ]);
    expect(together({ ...stay, db2: ours(["left"]) }).join()).toContain(
        "db2 is made anew, db3 is made anew",
    );
    const dropped = ours(["knows\tdb4\t192.0.2.44"]);
    expect(together({ db1: dropped, db2: ours() }).join()).toContain(
        "db3 is made anew, db4 is dropped",
    );
});

test("a member that has not left is not dropped; one that has, is", () => {
    const stay = (...more: string[]) => {
        const each = ours(["knows\tdb4\t192.0.2.44", ...more]);
        return together({ db1: each, db2: each, db3: each });
    };
    expect(stay()).toEqual([
        expect.stringMatching(
            /^testudo:database\.count: needs to keep db4 until it has left: testudo --stack test leave db4/,
        ),
    ]);
    expect(stay("gone\tdb4")).toEqual([]);
});

test("a host that nobody has known joins, and is no member made anew", () => {
    const before = names.filter((line) => !/\tdb[23]\t/.test(line));
    expect(together({ db1: ["ours\ttest\tabc", ...before] })).toEqual([]);
});

const failed = (stderr: string, code = 255) => ({
    code,
    stdout: "",
    stderr,
    began: 0,
    answered: 0,
});

test.each([
    [
        "ssh: connect to host 192.0.2.41 port 22: Connection timed out",
        "testudo:ssh.hosts.db1.address: needs a machine whose sshd answers this one within 10 s",
    ],
    [
        "admin@192.0.2.41: Permission denied (publickey).",
        "testudo:ssh.hosts.db1.user: needs to let admin in with the key ~/.ssh/cluster",
    ],
    [
        "Unable to negotiate with 192.0.2.41 port 22: no matching host key type found. Their offer: ssh-rsa",
        "testudo:ssh.hosts.db1.hostKey: needs the key that db1 shows",
    ],
    [
        "bash: line 1: exec: frobnicate: not found",
        "testudo:ssh.hosts.db1: needs a machine with bash",
    ],
])("%s is said as %s", (stderr, line) => {
    const code = stderr.startsWith("bash") ? 127 : 255;
    expect(lineOf(contactFault(plan, hostOf(plan, "db1"), failed(stderr, code)))).toContain(line);
});

test("sudo that asks for a password is told from a wrong key", () => {
    const fault = contactFault(
        plan,
        hostOf(plan, "db1"),
        failed("sudo: a password is required", 1),
    );
    expect(lineOf(fault)).toMatch(
        /^testudo:ssh\.hosts\.db1\.user: .*admin ALL=\(ALL\) NOPASSWD: ALL/,
    );
});

test("where private machines are reached through another, that one is named", () => {
    const jump = {
        address: "198.51.100.1",
        hostKey: (existing.ssh as { hosts: { lb1: { hostKey: string } } }).hosts.lb1.hostKey,
    };
    const jumped = planOf({ ...existing, ssh: { ...(existing.ssh as object), jump } });
    const stderr =
        "ssh: connect to host 198.51.100.1 port 22: Connection refused\nkex_exchange_identification: Connection closed by UNKNOWN port 65535";
    expect(contactFault(jumped, hostOf(jumped, "db1"), failed(stderr)).key).toBe(
        "testudo:ssh.jump",
    );
});
