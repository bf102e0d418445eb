import { give, measure, type Measurement } from "./client";
import { hostsOf, sh } from "./lab";

const folder = "/srv/site/uploads/e2e";
const program = "/root/e2e/files.py";

/** Files written and read on the first PHP host, each kind every 200 ms. */
export async function openFiles(): Promise<void> {
    const [host = ""] = await hostsOf("app");
    await give(host, "files.py");
    // Its user is not root.
    await sh(host, "chmod 0711 /root; chmod 0755 /root/e2e");
}

export async function closeFiles(): Promise<void> {
    const [host = ""] = await hostsOf("app");
    await sh(host, `chmod 0700 /root; rm -rf ${program} ${folder}`);
}

export async function files(prefix: string): Promise<Measurement> {
    const [host = ""] = await hostsOf("app");
    return measure(host, [program, folder, prefix, "200"]);
}

/** Names of the files of one run, as one host sees them. */
export async function filesOn(host: string, prefix: string): Promise<string[]> {
    const text = await sh(host, `ls ${folder}`, { timeoutSeconds: 60 });
    return text.split("\n").filter((name) => name.startsWith(`${prefix}-`));
}
