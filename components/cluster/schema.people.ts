import { z } from "zod";
import { publicKeyFault, publicKeyOf } from "./public-key";

/** Accounts that a host has already, or may get with a package: a person's name must be none of them. */
const taken = [
    ..."root daemon bin sys sync games man lp mail news uucp proxy backup list irc nobody".split(
        " ",
    ),
    ..."admin sudo adm staff users ssh sshd jump messagebus mysql redis haproxy nginx gluster".split(
        " ",
    ),
    ..."keepalived nullmailer rsync testudo proxysql postfix prometheus grafana syslog".split(" "),
];

const name = z
    .string()
    .regex(
        /^[a-z][a-z0-9-]{0,30}$/,
        "needs a name of a-z 0-9 and -, a letter first: it is an account on every host",
    )
    .refine(
        (text) => !taken.includes(text),
        "needs another name: hosts have an account of this one",
    );

const key = z.string().superRefine((line, context) => {
    const message = publicKeyFault(line);
    if (message !== undefined) context.addIssue({ code: z.ZodIssueCode.custom, message });
});

const person = z
    .object({
        /** Public keys as `ssh-keygen` writes them: `ssh-ed25519 AAAA… ada@laptop`. */
        keys: z.array(key).min(1, "needs a key: without one nobody could log in"),
    })
    .strict();

/** Who may log in: an account of their own on every host, through the bastion. Whoever is taken out is logged out. */
export const people = z
    .record(name, person)
    .superRefine((all, context) => {
        const owners = new Map<string, string>();
        for (const [owner, { keys }] of Object.entries(all)) {
            for (const [index, line] of keys.entries()) {
                const blob = publicKeyOf(line);
                const other = blob === undefined ? undefined : owners.get(blob);
                if (blob !== undefined) owners.set(blob, owner);
                if (other === undefined) continue;
                context.addIssue({
                    code: z.ZodIssueCode.custom,
                    path: [owner, "keys", index],
                    message: `needs a key of its own: ${other} has this one, and nobody could tell who it was`,
                });
            }
        }
    })
    .default({});
