import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../../components/cluster/plan";
import { Ec2Api } from "./ec2-api";
import { fileOf } from "./facts";
import { hostOf } from "./plans";

/** A balancer's address script as it runs there, with the real curl, against an API on loopback; `ip` and `logger` are stand-ins. */
export class AddressScript {
    readonly api = new Ec2Api("eu-central-1");
    private readonly folder = mkdtempSync(join(tmpdir(), "testudo-address-"));
    private place = "";

    async start(): Promise<this> {
        this.place = await this.api.start();
        const { folder } = this;
        const stand = (name: string, command: string) => {
            writeFileSync(join(folder, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
        };
        stand("ip", `cat ${folder}/addresses 2>/dev/null`);
        stand("logger", `echo "$@" >>${folder}/log`);
        writeFileSync(join(folder, "mac"), "02:00:00:00:00:01\n");
        return this;
    }

    async stop(): Promise<void> {
        await this.api.stop();
        rmSync(this.folder, { recursive: true });
    }

    /** VRRP's mark comes or goes. */
    master(vip: string | null): void {
        const line = vip === null ? "" : `ens5 UP 10.91.0.11/26 ${vip}/32 \n`;
        writeFileSync(join(this.folder, "addresses"), line);
    }

    /** What the journal has of it. */
    get log(): string {
        return readFileSync(join(this.folder, "log"), "utf8");
    }

    remembers(name: string): boolean {
        return existsSync(join(this.folder, name));
    }

    get actions(): string[] {
        return this.api.calls.map((call) => call.action);
    }

    async run(plan: Plan, host: string, word: string): Promise<{ code: number; said: string }> {
        const { folder, place } = this;
        const role = host.startsWith("lb") ? "load-balancer" : "inner-load-balancer";
        const path = `/usr/local/lib/testudo/${role}/address`;
        const text = fileOf(plan, hostOf(plan, host), path)
            .replaceAll("169.254.169.254", place)
            .replaceAll("https://ec2.eu-central-1.amazonaws.com/", `http://${place}/`)
            .replaceAll("/run/testudo", folder)
            .replaceAll("/sys/class/net/ens5/address", join(folder, "mac"))
            .replace("patience=60", "patience=3");
        const script = join(folder, "address");
        writeFileSync(script, text);
        const child = spawn("bash", [script, word], {
            env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` },
        });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (part: Buffer) => (said += part.toString()));
        const code = await new Promise<number>((resolve) =>
            child.on("close", (end) => {
                resolve(end ?? 1);
            }),
        );
        return { code, said };
    }
}
