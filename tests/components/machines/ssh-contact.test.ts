import { contactFault } from "../../../components/machines/ssh-contact";
import { existing, hostOf, lineOf, planOf } from "../../helpers/plans";
import { plan } from "../../helpers/ssh-reports";

// What is made of the words of ssh and sudo where a machine could not be asked.

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
