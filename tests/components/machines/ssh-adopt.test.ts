import { spawn } from "node:child_process";
import { adoptRequest } from "../../../components/machines/ssh-request";
import type { RenderedFile } from "../../../components/host/render";
import { existing, hostOf, planOf } from "../../helpers/plans";
import { PrivateHost, privateRoot, type As } from "../../helpers/private-host";
import { freePort, Sshd } from "../../helpers/sshd";
import { root } from "../../helpers/sources";

// The script of the `adopt` resource as Pulumi runs it, against OpenSSH's own server, whose sessions
// find themselves in a root file system of their own with a stand-in for systemd.

const missing = Sshd.missing() ?? PrivateHost.missing();
const here = missing === undefined ? describe : describe.skip;
const owned = "ssh-rsa AAAA somebody@else";

here(
    `taking a machine and giving it back${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    () => {
        let host: PrivateHost;
        let sshd: Sshd;
        beforeEach(async () => {
            host = new PrivateHost();
            sshd = new Sshd(
                await freePort(),
                ["127.0.0.1"],
                `${privateRoot} ${host.dir} "$SSH_ORIGINAL_COMMAND"`,
            );
            await sshd.start();
            host.shell(`mkdir -p /etc/ssh/sshd_config.d /etc/systemd/system /root/.ssh /run/sshd && ssh-keygen -q -A
            printf 'Include /etc/ssh/sshd_config.d/*.conf\\nPermitRootLogin no\\n' >/etc/ssh/sshd_config
            printf '%s' '${owned}' >/root/.ssh/authorized_keys
            printf '#!/usr/sbin/nft -f\\nflush ruleset\\n' >/etc/nftables.conf
            printf '127.0.0.1 localhost\\n203.0.113.5 printer\\n' >/etc/hosts
            for program in nft apt-get; do printf '#!/bin/sh\\necho "$0 $*" >>/run/calls\\n' >/stubs/$program; done
            printf '#!/bin/sh\\nexit 1\\n' >/stubs/mountpoint
            chmod 0755 /stubs/*`);
            packagesHere("nano curl dbus");
        });
        afterEach(() => {
            sshd.stop();
            host.remove();
        });

        // dpkg-query: with names, each of them is installed; without, these are all that are.
        const packagesHere = (names: string) =>
            host.shell(`install -m 0755 /dev/stdin /stubs/dpkg-query <<'STUB'
#!/bin/sh
shift 2
[ $# -gt 0 ] && printf 'installed %s\\n' "$@" || printf '%s\\n' ${names}
STUB`);

        const planFor = (name: string, hostKey: string, more: object = {}, told: object = {}) => {
            const ssh = existing.ssh as { hosts: Record<string, object> };
            const one = { ...ssh.hosts[name], hostKey, user: "root", port: sshd.port, ...more };
            const hosts = { ...ssh.hosts, [name]: one };
            return planOf(
                { ...existing, ssh: { ...ssh, keyFile: sshd.keyFile, hosts, ...told } },
                "mine",
            );
        };

        async function adopt(
            verb: string,
            name = "lb1",
            {
                nonce = "abc",
                hostKey = sshd.hostKey,
                stack = "mine",
                env = {},
                more = {},
                told = { ssh: {} },
            } = {},
        ): Promise<{ code: number | null; said: string }> {
            const plan = { ...planFor(name, hostKey, more, told.ssh), stack };
            const request = adoptRequest(
                plan,
                hostOf(plan, name),
                nonce,
                "ssh-ed25519 OPERATOR\n",
            ) as {
                config: string;
            };
            // All addresses of the plan are this machine.
            const config = request.config.replace(/HostName \S+/, "HostName 127.0.0.1");
            const child = spawn("components/machines/ssh/adopt", [verb], {
                cwd: root,
                env: { ...process.env, ...env },
            });
            let said = "";
            child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
            child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
            child.stdin.end(JSON.stringify({ ...request, config }));
            const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
            return { code, said };
        }

        const file = (path: string, content = "text\n"): RenderedFile => ({
            path,
            content,
            owner: "root:root",
            mode: "0644",
            onChange: "none",
            check: "",
        });
        const keys = () => host.read("/root/.ssh/authorized_keys");

        test("the owner's keys stay, ours is one more; root may come in; the identity is there", async () => {
            expect(await adopt("create")).toEqual({
                code: 0,
                said: "lb1: keys of root: /root/.ssh/authorized_keys\nlb1: is of the stack mine\n",
            });
            expect(keys()).toBe(`${owned}\nssh-ed25519 OPERATOR testudo:mine\n`);
            expect(host.read("/etc/testudo/machine-id")).toBe("mine abc\n");
            expect(host.shell("sshd -T -C user=root,host=x,addr=127.0.0.1")).toMatch(
                /^permitrootlogin (without|prohibit)-password$/m,
            );
            expect(host.calls()).toContain("reload ssh.service");
            // Again is the same.
            expect(await adopt("update")).toEqual({ code: 0, said: "lb1: is of the stack mine\n" });
            expect(keys()).toBe(`${owned}\nssh-ed25519 OPERATOR testudo:mine\n`);
        }, 30_000);

        test("a machine of another stack is not taken", async () => {
            await adopt("create", "lb1", { stack: "other" });
            const { code, said } = await adopt("create");
            expect(code).not.toBe(0);
            expect(said).toContain("testudo: lb1: this machine belongs to the stack other");
            expect(host.read("/etc/testudo/machine-id")).toBe("other abc\n");
        }, 30_000);

        test("given back it is as it was: files, units, names, keys; what stays is said", async () => {
            await adopt("create");
            const asBase: As = { role: "base", units: ["ssh.service"] };
            const asApp: As = {
                role: "app",
                units: ["php.service", "ssh.service"],
                roles: ["app"],
            };
            await host.applyAs(
                asBase,
                file("/etc/nftables.conf", "# Written by Testudo\n"),
                file("/etc/testudo/hosts", "192.0.2.11 lb1\n"),
            );
            host.shell(
                `printf '# Testudo: begin; changes are overwritten\\n192.0.2.11 lb1\\n# Testudo: end\\n' | cat - /etc/hosts >/etc/h && mv /etc/h /etc/hosts`,
            );
            const leave: RenderedFile = {
                ...file("/usr/local/lib/testudo/app/leave", "#!/bin/bash\nexit 1\n"),
                mode: "0755",
            };
            await host.applyAs(asApp, file("/etc/app/own"), leave);
            host.calls();

            const { code, said } = await adopt("delete");
            expect({ code, said }).toEqual({
                code: 0,
                said: expect.stringContaining("lb1: left: packages") as string,
            });
            const calls = host.calls();
            expect(calls).toEqual(
                expect.arrayContaining(["stop php.service", "reload ssh.service"]),
            );
            expect(calls).not.toContain("stop ssh.service");
            expect(calls.some((call) => call.endsWith("nft delete table inet testudo"))).toBe(true);
            const paths = [
                "/etc/testudo",
                "/var/lib/testudo",
                "/usr/local/lib/testudo",
                "/etc/app/own",
            ];
            expect(paths.filter((path) => host.exists(path))).toEqual([]);
            expect(host.exists("/etc/ssh/sshd_config.d/00-testudo.conf")).toBe(false);
            expect(host.read("/etc/nftables.conf")).toBe("#!/usr/sbin/nft -f\nflush ruleset\n");
            expect(host.read("/etc/hosts")).toBe("127.0.0.1 localhost\n203.0.113.5 printer\n");
            expect(keys()).toBe(`${owned}\n`);
            // Twice is once.
            expect((await adopt("delete")).said).toContain("nothing of the stack mine is here");
        }, 30_000);

        test("told so, it takes the packages along that roles asked for and that were not there before", async () => {
            const told = { ssh: { removePackages: true } };
            await adopt("create", "lb1", { told });
            packagesHere("nano curl dbus haproxy keepalived emacs");
            host.calls();
            const { code, said } = await adopt("delete", "lb1", { told });
            expect([code, said]).toEqual([
                0,
                expect.stringContaining("lb1: removes packages: haproxy keepalived\n"),
            ]);
            expect(said).not.toContain("left: packages");
            expect(host.calls()).toContain(
                "/stubs/apt-get -qy -o DPkg::Lock::Timeout=120 purge haproxy keepalived",
            );
        }, 30_000);

        test("people of the stack go with it, by the list that has nobody any more", async () => {
            await adopt("create");
            host.shell(`mkdir -p /usr/local/lib/testudo/base; echo ada ssh-ed25519 AAAA >/etc/testudo/people
            printf '#!/bin/sh\\nwc -l </etc/testudo/people >/run/nobody\\n' >/usr/local/lib/testudo/base/people
            chmod 0755 /usr/local/lib/testudo/base/people`);
            expect(await adopt("delete")).toMatchObject({ code: 0 });
            expect(host.read("/run/nobody")).toBe("0\n");
        }, 30_000);

        test("data get a place of their own under their daemon's path, and stay when the machine is given back", async () => {
            expect(await adopt("create", "db2")).toMatchObject({ code: 0 });
            const unit = (name: string) => `/etc/systemd/system/${name}.mount`;
            expect(host.read(unit("var-lib-mysql"))).toContain(
                "What=/srv/testudo/mysql/data\nWhere=/var/lib/mysql\nType=none\nOptions=bind\n",
            );
            expect(host.isRunning("var-lib-mysql.mount")).toBe(true);
            expect(host.exists("/srv/testudo/mysql/data")).toBe(true);
            host.shell("echo rows >/srv/testudo/mysql/data/table");
            const { code, said } = await adopt("delete", "db2");
            expect(code).toBe(0);
            expect(said).toContain("db2: left: data in /srv/testudo/mysql\n");
            expect(host.isRunning("var-lib-mysql.mount")).toBe(false);
            expect(host.exists(unit("var-lib-mysql"))).toBe(false);
            expect(host.shell("cat /srv/testudo/mysql/data/table")).toBe("rows\n");
        }, 30_000);

        test("whoever had left and is wanted again starts anew; whoever stays away stays down", async () => {
            await adopt("create");
            host.shell(": >/var/lib/testudo/left");
            await adopt("update");
            expect(host.exists("/var/lib/testudo/left")).toBe(true);
            await adopt("create", "lb1", { nonce: "new" });
            expect(host.exists("/var/lib/testudo/left")).toBe(false);
        }, 30_000);

        test("a machine that does not answer keeps what it has, and says how to go on without it; another machine at its place is left alone", async () => {
            await adopt("create");
            sshd.makeKey("another");
            const other = await adopt("delete", "lb1", { hostKey: sshd.publicKey("another") });
            expect(other.code).toBe(0);
            expect(other.said).toContain("lb1 answers with another host key");
            expect(host.exists("/etc/testudo/machine-id")).toBe(true);

            const gone = { more: { port: await freePort() } };
            const refused = await adopt("delete", "lb1", gone);
            expect(refused.code).not.toBe(0);
            expect(refused.said).toContain('TESTUDO_FORGET="lb1"');
            const forgotten = await adopt("delete", "lb1", {
                ...gone,
                env: { TESTUDO_FORGET: "db1 lb1" },
            });
            expect(forgotten).toMatchObject({ code: 0 });
        }, 30_000);
    },
);
