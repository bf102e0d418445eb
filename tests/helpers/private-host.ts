import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RoleName } from "../../components/cluster/types";
import type { RenderedFile } from "../../components/host/render";
import { push } from "../../components/host/steps";
import { Trust } from "../../components/trust";
import { fakeMachines } from "./foundation";
import { hostOf, planOf } from "./plans";
import { record } from "./record";

export const privateRoot = join(__dirname, "..", "engine", "private-root");

/** What a push did, and said. */
export interface Outcome {
    readonly status: number | null;
    readonly said: string;
}

/** Whose push it is, and what else the host is. */
export interface As {
    readonly role?: string;
    readonly units?: readonly string[];
    readonly roles?: readonly RoleName[];
}

/** What a push of these files sends: the command's text and its standard input. */
async function sent(files: RenderedFile[], as: As = {}): Promise<{ text: string; stdin: string }> {
    const plan = planOf();
    const { role = "app", units = ["app.service"], roles = ["app"] } = as;
    const args = { role, files, units, stackKey: "key" };
    const spec = { ...hostOf(plan, "lb1"), roles };
    const made = await record(() => {
        const trust = new Trust("trust");
        const host = fakeMachines(plan, trust).host(spec, { parent: trust });
        push("push", host, args, { parent: trust });
    });
    const { create, stdin } = made.get("push").inputs;
    return { text: String(create), stdin: String(stdin) };
}

/** A root file system of its own with a stand-in for systemd, where pushes run as on a host. */
export class PrivateHost {
    readonly dir = mkdtempSync(join(tmpdir(), "testudo-host-"));

    /** Why there can be none here: neither root, nor a kernel that lets users make namespaces. */
    static missing(): string | undefined {
        const host = new PrivateHost();
        const { status, stderr } = host.run("true");
        host.remove();
        return status === 0 ? undefined : stderr.trim();
    }

    apply(...files: RenderedFile[]): Promise<Outcome> {
        return this.applyAs({}, ...files);
    }

    async applyAs(as: As, ...files: RenderedFile[]): Promise<Outcome> {
        const { text, stdin } = await sent(files, as);
        const { status, stdout, stderr } = this.run(text, stdin);
        return { status, said: stdout + stderr };
    }

    /** Kills a push and all that it started as soon as the file is there. */
    async cutOff(mark: string, ...files: RenderedFile[]): Promise<void> {
        const { text, stdin } = await sent(files);
        const cut = spawn("setsid", [privateRoot, this.dir, text], {
            stdio: ["pipe", "ignore", "ignore"],
        });
        const ended = new Promise((resolve) => cut.on("exit", resolve));
        cut.stdin.end(stdin);
        const deadline = Date.now() + 20_000;
        while (!this.exists(mark)) {
            if (Date.now() > deadline) throw new Error(`${mark} did not appear in 20 s`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        process.kill(-(cut.pid ?? 0), "SIGKILL");
        await ended;
    }

    /** Runs a script on the host, and gives back what it printed. */
    shell(script: string): string {
        return this.run(script).stdout;
    }

    read(path: string): string {
        return readFileSync(this.at(path), "utf8");
    }

    exists(path: string): boolean {
        return existsSync(this.at(path));
    }

    mode(path: string): number {
        return statSync(this.at(path)).mode & 0o7777;
    }

    isRunning(unit: string): boolean {
        return this.exists(`/run/units/${unit}`);
    }

    /** What systemd was asked for since the last time. */
    calls(): string[] {
        const calls = this.exists("/run/calls") ? this.read("/run/calls").trim().split("\n") : [];
        rmSync(this.at("/run/calls"), { force: true });
        return calls;
    }

    remove(): void {
        rmSync(this.dir, { recursive: true, force: true });
    }

    private run(script: string, input = "") {
        return spawnSync(privateRoot, [this.dir, script], { input, encoding: "utf8" });
    }

    private at(path: string): string {
        return join(this.dir, path.replace("/usr/local/", "/local/"));
    }
}
