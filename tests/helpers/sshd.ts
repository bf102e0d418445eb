import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = "/usr/sbin/sshd";

/** OpenSSH's own server on loopback, which lets root in with one key. */
export class Sshd {
    readonly folder = mkdtempSync(join(tmpdir(), "testudo-sshd-"));
    readonly keyFile = join(this.folder, "client");
    readonly hostKey: string;
    private child: ChildProcess | undefined;

    /** Why there can be none here. */
    static missing(): string | undefined {
        if (process.getuid?.() !== 0) return "not root";
        return existsSync(program) ? undefined : `no ${program} (Debian: openssh-server)`;
    }

    constructor(
        readonly port: number,
        private readonly addresses: readonly string[],
        /** What runs instead of what is asked for, which is in $SSH_ORIGINAL_COMMAND. */
        private readonly forced?: string,
    ) {
        for (const name of ["host", "client"]) this.makeKey(name);
        this.hostKey = this.publicKey("host");
    }

    /** A new key pair in the folder. */
    makeKey(name: string): void {
        const words = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(this.folder, name)];
        execFileSync("ssh-keygen", words);
    }

    publicKey(name: string): string {
        return readFileSync(join(this.folder, `${name}.pub`), "utf8").trim();
    }

    /** As `ssh-keygen -l` shows it: `SHA256:…`. */
    fingerprint(): string {
        const words = ["-l", "-f", join(this.folder, "host.pub")];
        return execFileSync("ssh-keygen", words, { encoding: "utf8" }).split(" ")[1] ?? "";
    }

    async start(): Promise<void> {
        mkdirSync("/run/sshd", { recursive: true });
        const config = join(this.folder, "sshd_config");
        const lines = [
            ...this.addresses.map((address) => `ListenAddress ${address}:${this.port}`),
            `HostKey ${join(this.folder, "host")}`,
            `PidFile ${join(this.folder, "pid")}`,
            `AuthorizedKeysFile ${join(this.folder, "%u.pub")}`,
            ...(this.forced === undefined ? [] : [`ForceCommand ${this.forced}`]),
            // One sshd stands for many machines, and they try each other: none may be turned away.
            "MaxStartups 100",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            `SetEnv PATH=${join(this.folder, "bin")}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        ];
        writeFileSync(config, `${lines.join("\n")}\n`);
        // No mirror is asked from a unit test.
        const apt = "#!/bin/sh\necho 'E: this is no machine for packages'\nexit 100\n";
        mkdirSync(join(this.folder, "bin"));
        writeFileSync(join(this.folder, "bin", "apt-get"), apt, { mode: 0o755 });
        writeFileSync(join(this.folder, "root.pub"), `${this.publicKey("client")}\n`);
        this.child = spawn(program, ["-D", "-e", "-f", config], { stdio: "ignore" });
        const deadline = Date.now() + 10_000;
        while (!(await answers(this.addresses[0] ?? "", this.port))) {
            if (Date.now() > deadline) throw new Error("sshd did not start in 10 s");
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }

    stop(): void {
        this.child?.kill();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A port of this machine that nobody has. */
export function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", reject);
        server.listen(0, "0.0.0.0", () => {
            const { port } = server.address() as AddressInfo;
            server.close(() => {
                resolve(port);
            });
        });
    });
}

function answers(address: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, address);
        socket.on("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.on("error", () => {
            resolve(false);
        });
    });
}
