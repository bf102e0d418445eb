import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { runInThisContext } from "node:vm";

// jest gives tests a copy of `process`; programs are started with the environment of the real one.
const { env } = runInThisContext("process") as typeof process;

const script = `#!/bin/sh
# Answers from the file that is named after the arguments.
name=$(printf '%s' "\${0##*/} $*" | tr -c 'A-Za-z0-9' _)
cat "\${0%/*}/answers/$name" 2>/dev/null && exit
echo "Error: not found: fake \${0##*/} has no answer to: $*" >&2
exit 1
`;

export interface FakeInstance {
    readonly name: string;
    readonly status?: string;
    readonly config?: Record<string, string>;
}

/** Programs `incus`, `ip` and `nft` at the head of PATH, so that the real code path runs, without a server. */
export class FakeIncus {
    private readonly folder = mkdtempSync(join(tmpdir(), "testudo-fake-incus-"));
    private readonly path = env.PATH;

    constructor(readonly stack = "test") {
        mkdirSync(join(this.folder, "answers"));
        for (const name of ["incus", "ip", "nft"]) {
            writeFileSync(join(this.folder, name), script);
            chmodSync(join(this.folder, name), 0o755);
        }
        env.PATH = [this.folder, this.path ?? ""].join(delimiter);
        this.answer("incus query local:/1.0", {});
        this.networks();
        this.projects("default");
        this.images({ alias: "testudo/0123456789ab", at: "2025-01-01T00:00:00Z" });
        this.answer("incus storage list local: --format json", [{ name: "testudo" }]);
        this.space({ total: 100 * 2 ** 30, used: 0 });
        this.memory({ total: 64 * 2 ** 30, used: 2 ** 30 });
        this.routes({ dst: "default", dev: "eth0" }, { dst: "192.168.7.0/24", dev: "eth0" });
    }

    projects(...names: string[]): void {
        this.answer(
            "incus project list local: --format json",
            names.map((name) => ({ name })),
        );
    }

    /** The stack's project, with its configuration keys. */
    project(config: Record<string, string>): void {
        this.answer("incus project list local: --format json", [
            { name: "default" },
            { name: `testudo-${this.stack}`, config },
        ]);
    }

    networks(...networks: { name: string; config: Record<string, string> }[]): void {
        this.answer("incus network list local: --format json", networks);
    }

    /** `packages` are those that the image got from `packages/`. */
    images(...images: { alias: string; at?: string; packages?: string }[]): void {
        this.answer(
            "incus image list local: --format json",
            images.map(({ alias, at, packages }) => ({
                aliases: [{ name: alias }],
                uploaded_at: at ?? "2025-01-01T00:00:00Z",
                properties: packages === undefined ? {} : { "testudo.packages": packages },
            })),
        );
    }

    instances(...instances: FakeInstance[]): void {
        this.projects("default", `testudo-${this.stack}`);
        this.answer(
            `incus list local: --project testudo-${this.stack} --format json`,
            instances.map((one) => ({ status: "Running", config: {}, ...one })),
        );
    }

    /** Hosts whose data volume has been under a machine. */
    usedVolumes(...hosts: string[]): void {
        this.answer(
            `incus storage volume list local:testudo --project testudo-${this.stack} --format json`,
            hosts.map((host) => ({
                name: `${host}-data`,
                config: { "user.testudo.made": "true", size: "10GiB" },
            })),
        );
    }

    space(space: { total: number; used: number }): void {
        this.answer("incus query local:/1.0/storage-pools/testudo/resources", { space });
    }

    memory(memory: { total: number; used: number }): void {
        this.answer("incus query local:/1.0/resources", { memory });
    }

    routes(...routes: { dst: string; dev?: string; type?: string }[]): void {
        this.answer("ip -json -4 route show table main", routes);
    }

    /** From now on the command fails. */
    refuse(command: string): void {
        rmSync(this.file(command), { force: true });
    }

    answer(command: string, value: unknown): void {
        this.print(command, JSON.stringify(value));
    }

    /** From now on the command answers with this text. */
    print(command: string, text: string): void {
        writeFileSync(this.file(command), text);
    }

    /** From now on the server is down. */
    silence(): void {
        const down = "#!/bin/sh\necho 'Error: connection refused' >&2\nexit 1\n";
        writeFileSync(join(this.folder, "incus"), down);
    }

    remove(): void {
        env.PATH = this.path;
        rmSync(this.folder, { recursive: true });
    }

    private file(command: string): string {
        return join(this.folder, "answers", command.replace(/[^A-Za-z0-9]/g, "_"));
    }
}
