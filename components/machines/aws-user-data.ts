import { readFileSync } from "node:fs";
import { join } from "node:path";
import { timeServer } from "../roles/base.cloud";

const dataVolume = readFileSync(join(__dirname, "aws", "data-volume"), "utf8");

/** EC2's limit, before base64. */
export const userDataLimit = 16 * 1024;

export interface UserDataArgs {
    readonly host: string;
    /** Identity of the machine: a new one is a new machine. */
    readonly nonce: string;
    /** The host's SSH identity, OpenSSH format. */
    readonly hostKey: string;
    readonly hostPublicKey: string;
    /** Public keys that may log in as root, until `base` sets them. */
    readonly authorizedKeys: readonly string[];
    readonly data?: { readonly volumeId: string; readonly path: string };
}

/**
 * What cloud-init makes of Debian's plain image: a host that is known by its key from the first connection on, lets its
 * operator in, and has its data mounted before sshd starts. JSON, which is YAML as well. Nothing in it grows with the stack.
 */
export function userData(args: UserDataArgs): string {
    const { data } = args;
    const config = {
        hostname: args.host,
        // `base` writes /etc/hosts.
        manage_etc_hosts: false,
        // No login user of the image's: root, by key, through the bastion.
        users: [],
        disable_root: false,
        ssh_pwauth: false,
        ssh_authorized_keys: args.authorizedKeys.map((key) => key.trim()),
        // The one that the hosts' firewall lets through; signatures of calls are worth five minutes.
        ntp: { enabled: true, pools: [], servers: [timeServer] },
        ssh_deletekeys: true,
        ssh_keys: { ed25519_private: args.hostKey, ed25519_public: args.hostPublicKey.trim() },
        ...(data === undefined
            ? {}
            : { bootcmd: [["bash", "-c", dataVolume, "data-volume", data.volumeId, data.path]] }),
    };
    return `#cloud-config\n# ${args.host} ${args.nonce}\n${JSON.stringify(config, null, 1)}\n`;
}
