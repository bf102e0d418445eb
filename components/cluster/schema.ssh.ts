import { z } from "zod";
import { parseAddress, parseNetwork } from "./addresses";

const address = z
    .string()
    .refine((text) => parseAddress(text) !== undefined, "needs an IPv4 address such as 192.0.2.11");
const network = z
    .string()
    .refine(
        (text) => parseNetwork(text) !== undefined,
        "needs an IPv4 network such as 192.0.2.0/24, host bits zero",
    );
const port = z.number().int().min(1).max(65535);
const user = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "needs a user's name, such as root");
const device = z
    .string()
    .regex(/^\/dev\/[\w./-]+$/, "needs the path of a disk, such as /dev/disk/by-id/…");
const directory = z
    .string()
    .regex(/^(\/[\w.-]+){2,}$/, "needs an absolute path of two parts or more, such as /srv/data");

/**
 * The public half of the machine's own key. RSA keys are left out: Go's client would ask for a
 * signature (SHA-1) that today's sshd does not make.
 */
const hostKey = z
    .string()
    .transform((line) => line.trim().split(/\s+/).slice(0, 2).join(" "))
    .refine(
        (line) => /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)) AAAA[\w+/]+=*$/.test(line),
        "needs a line such as `ssh-ed25519 AAAA…` (cat /etc/ssh/ssh_host_ed25519_key.pub on the machine, or ssh-keyscan -t ed25519 ADDRESS, and then compare its fingerprint there)",
    );

/** How one machine is reached. */
const reach = {
    address,
    port: port.optional(),
    user: user.optional(),
    hostKey,
};

/** Machines that exist already. Their names are those of the preset: `lb1`, `db1`, … */
export const existingMachines = z
    .object({
        /** Who logs in for the first contact: root, or whoever may use sudo without a password. */
        user: user.default("root"),
        port: port.default(22),
        /** Path of that user's private key. Default: `testudo:sshPrivateKey`, else what ssh itself finds (agent, ~/.ssh). */
        keyFile: z.string().min(1).optional(),
        /** Network interface that has the machine's address and shall have the floating one. */
        interface: z
            .string()
            .regex(/^[\w.@-]{1,15}$/)
            .default("eth0"),
        /** The way to private machines for the first contact and the last; not one of the stack's own. */
        jump: z.object(reach).strict().optional(),
        /** Whether `destroy` also removes the packages of the stack's roles that were not there before. Their users stay. */
        removePackages: z.boolean().default(false),
        /** Where machines find name servers, time and Debian's mirrors. Default: anywhere; `[]`: nowhere. */
        services: z.array(network).optional(),
        hosts: z
            .record(
                z
                    .object({
                        ...reach,
                        interface: z
                            .string()
                            .regex(/^[\w.@-]{1,15}$/)
                            .optional(),
                        /** Where what must outlive the role lies. Default: /srv/testudo on the machine's own disk. */
                        data: z
                            .object({
                                /** A disk for it alone: one that is empty gets a file system. */
                                device: device.optional(),
                                directory: directory.optional(),
                            })
                            .strict()
                            .default({}),
                    })
                    .strict(),
            )
            .default({}),
    })
    .strict()
    .default({});
