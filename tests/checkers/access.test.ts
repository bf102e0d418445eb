import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileOf, filesOf } from "../helpers/facts";
import { hostOf, planOf } from "../helpers/plans";
import { inImage, withWork } from "./image";

// People's logins by the image's own sshd and sudo: a host's and the bastion's, as rendered, on one loopback.

const plan = planOf();
const [host, balancer] = [hostOf(plan, "db1"), hostOf(plan, "lb1")];

test("people get in through the bastion with their own keys, and whoever is taken out is logged out", () => {
    withWork((work) => {
        for (const key of ["ada", "bob", "eve", "deployer", "host-key"])
            spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(work, key)]);
        const publicKey = readFileSync(join(work, "deployer.pub"), "utf8");
        const put = (path: string, content: string, mode: number) => {
            mkdirSync(dirname(join(work, "files", path)), { recursive: true });
            writeFileSync(join(work, "files", path), content, { mode });
        };
        for (const { path, content, mode } of filesOf(plan, host).get("base") ?? [])
            if (/people|keys-of|sudoers|50-testudo/.test(path))
                put(path, content, parseInt(mode, 8));
        put("/root/.ssh/authorized_keys", publicKey, 0o600);
        const bastion = "/etc/testudo/bastion";
        put(`${bastion}/sshd_config`, fileOf(plan, balancer, `${bastion}/sshd_config`), 0o644);
        put(`${bastion}/authorized_keys`, `restrict,port-forwarding ${publicKey}`, 0o644);
        writeFileSync(
            join(work, "config"),
            [
                "Host bastion",
                "    HostName 127.0.0.1",
                "    Port 2222",
                "Host db1",
                `    HostName ${host.address}`,
                "Host *",
                "    IdentitiesOnly yes",
                "    StrictHostKeyChecking no",
                "    UserKnownHostsFile /dev/null",
                "    LogLevel ERROR",
                "",
            ].join("\n"),
        );
        cpSync(join(__dirname, "access"), join(work, "access"));
        const { said } = inImage(work, `/run/work/access ${host.address}`);
        expect(said.trim().split("\n")).toEqual([
            "made: account of ada made;account of bob made;",
            "root: *",
            "ada is ada root ",
            "the log names the key: 1",
            "deployer is root",
            "another's name is refused",
            "a key that nobody declared is refused, also where it lies in a home",
            "the bastion runs nothing and leads nowhere else",
            "ada goes: ada logged out, account removed",
            "bob stays",
            "bob's key goes: a key of bob is gone; sessions ended",
            "bob is bob",
            "an account of the system is nobody's: people: www-data is an account of this host already; give the person another name in testudo:people",
        ]);
    });
}, 120_000);
