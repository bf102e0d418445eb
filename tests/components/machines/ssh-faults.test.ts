import { machineFaults } from "../../../components/machines/ssh-faults";
import { parseReport } from "../../../components/machines/ssh-report";
import { togetherFaults } from "../../../components/machines/ssh-together";
import { lineOf } from "../../helpers/plans";
import { all, known, plan, said } from "../../helpers/ssh-reports";

// What is made of one machine's answers.

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
    [
        "db2",
        ["account\tada"],
        "testudo:people.ada: needs a name that is no account of db2",
        "got ada",
    ],
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

test("a machine that was not taken to the end, or lost its identity, is not in its own way", () => {
    expect(faultsOf("web1", "traces\t/etc/testudo", "listens\ttcp\t*:8443")).toEqual([]);
});

test("a machine that was installed anew may bring its old data, where the stack is there", () => {
    const one = known("db3", "kept\t/data/mysql/data");
    expect(machineFaults(plan, one, false)).toEqual([]);
    expect(machineFaults(plan, one, true)).toHaveLength(1);
});
