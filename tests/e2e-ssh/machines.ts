import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { imageOfCheckout } from "../../components/machines/incus-query";
import { incus, project, reportFolder, sh, stack, stackFile } from "../e2e/lab";
import { put } from "../e2e/put";
import { must, run, until } from "../e2e/shell";

// Machines of somebody's: containers that the program knows nothing of, with host keys, users and names of their own,
// on one network where the person who deploys stands as well.

const network = { supernet: "10.96.0.0/16", cidr: "10.96.0.0/24", router: "10.96.0.1" };
const bridge = `td${stack}-out`;
/** Where plain machines' apt asks, on the machine that the bridge is of. */
export const mirror = { address: network.router, port: 8099, uri: `http://${network.router}:8099` };
/** The person's key and the machines' own. */
const keys = join(reportFolder, "keys");
export const ownKey = join(keys, "person");

export interface Machine {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    /** root, or one who may use sudo. */
    readonly user: string;
    readonly data?: { readonly directory: string };
    /** Debian as its installer leaves it: none of the packages, and a mirror to fetch them from. */
    readonly isPlain?: true;
}

/** Not all alike: a sudoer, another port, a directory for data, a machine without a single package of the roles. */
export const machines: readonly Machine[] = [
    { name: "lb1", address: "10.96.0.11", port: 22, user: "root" },
    { name: "lb2", address: "10.96.0.12", port: 22, user: "admin", isPlain: true },
    { name: "web1", address: "10.96.0.21", port: 22, user: "root" },
    { name: "web2", address: "10.96.0.22", port: 2200, user: "admin", isPlain: true },
    { name: "db1", address: "10.96.0.41", port: 22, user: "root" },
    {
        name: "db2",
        address: "10.96.0.42",
        port: 22,
        user: "root",
        data: { directory: "/data/sql" },
    },
    { name: "db3", address: "10.96.0.43", port: 22, user: "admin", isPlain: true },
];

export function hostKeyOf(name: string): string {
    return publicKeyOf(name);
}

export function publicKeyOf(name: string): string {
    return readFileSync(join(keys, `${name}.pub`), "utf8").trim();
}

export function keyFileOf(name: string): string {
    return join(keys, name);
}

export async function makeKey(name: string): Promise<void> {
    const path = join(keys, name);
    for (const one of [path, `${path}.pub`]) rmSync(one, { force: true });
    await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", `${name}@own`, "-f", path]);
}

/** All machines, each answering at its sshd, and the stack file that names them. */
export async function makeMachines(): Promise<void> {
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    for (const name of ["person", "ada", ...machines.map((one) => one.name)]) await makeKey(name);
    // The fence first, as the program itself does it: no packet for these addresses leaves the machine.
    await must(["ip", "route", "replace", "unreachable", network.supernet, "metric", "4278198272"]);
    await must([
        ...["incus", "project", "create", project, "--quiet", "-c", "features.images=false"],
        ...["-c", "features.networks=false", "-c", "features.profiles=true"],
        ...["-c", "features.storage.volumes=true"],
    ]);
    await must([
        ...["incus", "network", "create", bridge, "--quiet", `ipv4.address=${network.router}/24`],
        ...["ipv4.nat=false", "ipv4.dhcp=false", "ipv4.firewall=false", "ipv6.address=none"],
        ...["ipv6.firewall=false", "dns.mode=none", `user.testudo.stack=${stack}`],
        `user.testudo.supernet=${network.supernet}`,
    ]);
    const image = await imageOfCheckout();
    if (image === undefined)
        throw new Error("platform/image --key does not say which image is ours");
    const plain = await must([join(__dirname, "plain-image"), mirror.uri], { timeoutSeconds: 600 });
    for (const machine of machines)
        await makeMachine(machine, machine.isPlain === true ? plain : image);
    await Promise.all(machines.map(answers));
    writeFileSync(stackFile, stringify({ config: stackConfig() }));
}

function stackConfig(): Record<string, unknown> {
    return {
        "testudo:platform": "ssh",
        "testudo:preset": "small",
        "testudo:network": { public: network.cidr, private: network.cidr, vip: "10.96.0.10" },
        "testudo:operators": [`${network.router}/32`],
        "testudo:loadBalancer": { vrrpRouterId: 96 },
        "testudo:database": { dataGiB: 1 },
        "testudo:people": { ada: { keys: [publicKeyOf("ada")] } },
        "testudo:ssh": {
            keyFile: ownKey,
            hosts: Object.fromEntries(
                machines.map(({ name, address, port, user, data }) => [
                    name,
                    {
                        address,
                        hostKey: hostKeyOf(name),
                        ...(port === 22 ? {} : { port }),
                        ...(user === "root" ? {} : { user }),
                        ...(data === undefined ? {} : { data }),
                    },
                ]),
            ),
        },
    };
}

async function makeMachine({ name, address, port, user }: Machine, image: string): Promise<void> {
    await incus([
        ...["init", image, name, "--quiet", "--no-profiles", "--storage", "testudo"],
        ...["--config", "security.nesting=true", "--config", "limits.memory=1GiB"],
        ...["--config", `user.testudo.image=${image}`, "--device", "root,size=8GiB"],
    ]);
    await incus([
        ...["config", "device", "add", name, "eth0", "nic", "--quiet", "nictype=bridged"],
        ...[`parent=${bridge}`, "name=eth0"],
    ]);
    const person = readFileSync(`${ownKey}.pub`, "utf8");
    await put(
        name,
        "/etc/hosts",
        `127.0.0.1 localhost\n127.0.1.1 own-${name} ${name}\n203.0.113.5 printer\n`,
    );
    await put(
        name,
        "/etc/network/interfaces",
        `auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address ${address}\n    netmask 255.255.255.0\n    gateway ${network.router}\n`,
    );
    await put(name, "/etc/ssh/ssh_host_ed25519_key", readFileSync(join(keys, name), "utf8"), {
        mode: "0600",
    });
    if (port !== 22) await put(name, "/etc/ssh/sshd_config.d/10-own.conf", `Port ${port}\n`);
    // Their owner's wish for root; deployment says otherwise as long as the machine is in the stack.
    if (user !== "root")
        await put(name, "/etc/ssh/sshd_config.d/90-own.conf", "PermitRootLogin no\n");
    else await put(name, "/root/.ssh/authorized_keys", person, { mode: "0600" });
    await incus(["start", name]);
    // A container's first start writes its name there.
    await sh(name, `echo own-${name} >/etc/hostname && hostname own-${name}`);
    if (user === "root") return;
    await sh(
        name,
        `useradd --create-home --shell /bin/bash ${user}
         install -d -m 0700 -o ${user} -g ${user} /home/${user}/.ssh
         printf '%s' '${person}' >/home/${user}/.ssh/authorized_keys
         chown ${user}: /home/${user}/.ssh/authorized_keys
         printf '%s ALL=(ALL) NOPASSWD: ALL\\n' ${user} >/etc/sudoers.d/own`,
    );
}

/** ssh as the person does it, with his own key, straight to the machine. */
export function asPerson({ name, address, port, user }: Machine, command: string) {
    // One for each: all are asked at once.
    const known = join(keys, `known_hosts-${name}`);
    writeFileSync(known, `${name} ${hostKeyOf(name)}\n`);
    return run([
        ...["ssh", "-F", "none", "-i", ownKey, "-p", String(port), "-o", "BatchMode=yes"],
        ...["-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=5", "-o", `HostKeyAlias=${name}`],
        ...["-o", `UserKnownHostsFile=${known}`, "-o", "StrictHostKeyChecking=yes"],
        ...[`${user}@${address}`, command],
    ]);
}

function answers(machine: Machine): Promise<number> {
    return until(`sshd of ${machine.name}`, 60, async () => {
        const { code, text } = await asPerson(machine, "true");
        return code === 0 ? [] : [text.trim()];
    });
}

/** Every file below /etc with a digest of its content: what is compared when a machine is given back. */
export async function etcOf(name: string): Promise<Map<string, string>> {
    const listing = await sh(name, "find /etc -xdev -type f -print0 | xargs -0 sha256sum");
    return new Map(
        listing.split("\n").map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
    );
}
