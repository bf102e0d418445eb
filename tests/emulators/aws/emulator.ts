import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, pause, run, type RunOptions } from "../../e2e/shell";

interface Ready {
    readonly pid: number;
    /** Folder of its Python environment, whose programs are the aws command and botocore. */
    readonly python: string;
    readonly metadata: string;
    readonly environment: Readonly<Record<string, string>>;
}

interface Machine {
    readonly InstanceId: string;
    readonly PrivateIpAddress: string;
    readonly BlockDeviceMappings: readonly {
        readonly DeviceName: string;
        readonly Ebs: { readonly VolumeId: string };
    }[];
}

/** A region of EC2 on loopback: moto behind a check of signatures, and a provider for Pulumi's engine. */
export class Emulator {
    private ready: Ready | undefined;

    /** @param state Folder of its own, for its log and for what it has to say. */
    constructor(readonly state: string) {}

    /** @param world How machines are made; without it there are none. */
    async start(world?: object): Promise<this> {
        const python = await must([join(__dirname, "prepare")], { timeoutSeconds: 600 });
        rmSync(this.state, { recursive: true, force: true });
        mkdirSync(this.state, { recursive: true, mode: 0o700 });
        if (world !== undefined)
            writeFileSync(join(this.state, "world.json"), JSON.stringify(world));
        const said = openSync(join(this.state, "said"), "w");
        const child = spawn(
            join(python, "bin", "python"),
            [
                ...["-m", "emulator", "--state", this.state],
                ...(world === undefined ? [] : ["--world", join(this.state, "world.json")]),
            ],
            // It outlives who started it, where somebody wants to look at what it made.
            {
                env: { ...process.env, PYTHONPATH: __dirname },
                stdio: ["ignore", said, said],
                detached: true,
            },
        );
        child.unref();
        for (let tries = 0; !existsSync(join(this.state, "ready")); tries += 1) {
            if (child.exitCode !== null || tries > 600)
                throw new Error(
                    `the emulator does not come up:\n${this.log("said")}${this.log("log")}`,
                );
            await pause(100);
        }
        return this.attach();
    }

    /** Uses the one that runs in this folder. */
    attach(): this {
        this.ready = JSON.parse(readFileSync(join(this.state, "ready"), "utf8")) as Ready;
        return this;
    }

    /** Ends the one that runs in this folder, whoever has started it. */
    async stop(): Promise<void> {
        if (!existsSync(join(this.state, "ready"))) return;
        const { pid } = this.attach().known;
        const runs = () => {
            const words = `/proc/${pid}/cmdline`;
            return existsSync(words) && readFileSync(words, "utf8").includes(this.state);
        };
        if (runs()) process.kill(pid, "SIGTERM");
        for (let tries = 0; runs(); tries += 1) {
            if (tries > 600) throw new Error(`the emulator (process ${pid}) does not end`);
            await pause(100);
        }
    }

    /** For Pulumi's engine, the aws command and `testudo`. */
    get environment(): Readonly<Record<string, string>> {
        return {
            ...this.known.environment,
            AWS_PAGER: "",
            PATH: `${join(this.known.python, "bin")}:${process.env.PATH ?? ""}`,
        };
    }

    /** Where the metadata service is, while there are no machines to ask it; the instance's id goes in front of the path. */
    get metadata(): string {
        return this.known.metadata;
    }

    /** Amazon's own command, as the operator. */
    async aws(args: readonly string[], options: RunOptions = {}): Promise<string> {
        return must(["aws", ...args], { ...options, env: this.environment });
    }

    async ask<T>(args: readonly string[]): Promise<T> {
        return JSON.parse(await this.aws([...args, "--output", "json"])) as T;
    }

    /** The living machine of a host. */
    async machineOf(host: string): Promise<Machine> {
        const [found, ...more] = await this.ask<Machine[]>([
            ...["ec2", "describe-instances", "--query", "Reservations[].Instances[]", "--filters"],
            `Name=tag:testudo:host,Values=${host}`,
            "Name=instance-state-name,Values=running",
        ]);
        if (found === undefined || more.length > 0)
            throw new Error(`${host} has ${more.length + (found ? 1 : 0)} machines`);
        return found;
    }

    /** The id of a host's data volume, as it is attached. */
    async dataVolume(host: string): Promise<string> {
        const { BlockDeviceMappings: disks } = await this.machineOf(host);
        const data = disks.find((one) => one.DeviceName === "/dev/sdf");
        if (data === undefined) throw new Error(`${host} has no data volume`);
        return data.Ebs.VolumeId;
    }

    /** Ids of everything that is there, by kind. */
    async inventory(): Promise<Readonly<Record<string, readonly string[]>>> {
        const python = join(this.known.python, "bin", "python");
        const env = { ...this.environment, PYTHONPATH: __dirname };
        return JSON.parse(await must([python, "-m", "emulator.inventory"], { env })) as Record<
            string,
            string[]
        >;
    }

    /** What it did, a line for each call; `said` is what it printed. */
    log(file: "log" | "said" = "log"): string {
        const path = join(this.state, file);
        return existsSync(path) ? readFileSync(path, "utf8") : "";
    }

    /** Without machines: the files of a bundle that a host would have got. */
    async bundle(step: string): Promise<(path: string) => Promise<string>> {
        const folder = join(this.state, "bundles", step);
        mkdirSync(folder, { recursive: true });
        const packed = readFileSync(join(this.state, "commands", step), "utf8");
        const finished = await run(["tar", "-xz", "-C", folder], {
            input: packed,
            encoding: "base64",
        });
        if (finished.code !== 0) throw new Error(finished.text);
        return (path) => must(["cat", join(folder, path)]);
    }

    private get known(): Ready {
        if (this.ready === undefined) throw new Error("the emulator has not been started");
        return this.ready;
    }
}
