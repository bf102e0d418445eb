import { createHash } from "node:crypto";
import type { Instance, RedisFacts } from "./redis-sentinel.views";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function account(name: string, password: string, rights: string): string {
    return `user ${name} on sanitize-payload #${sha256(password)} resetkeys resetchannels -@all ${rights}\n`;
}

/** What clients of any kind begin with. */
const greeting = "+ping +echo +hello +select +client|setname +client|setinfo +client|id";

const rights: Readonly<Record<Instance, string>> = {
    // wait: a session counts as saved when a replica has it.
    sessions: `~session:* ${greeting} +get +getex +set +setex +psetex +setnx +expire +pexpire +ttl +pttl +exists +del +unlink +wait +eval +evalsha +script|load`,
    objects: `~wp:* ${greeting} +@read +@write -@dangerous -@blocking +flushdb +multi +exec +discard +eval +evalsha +script|load`,
};

/** Redis' ACL file takes no comments, and only hashes stand in it. */
export function instanceAcl(instance: Instance): (facts: RedisFacts) => string {
    return ({ passwords }) =>
        [
            "user default off sanitize-payload resetpass resetkeys resetchannels -@all\n",
            account(instance, passwords[instance], rights[instance]),
            account("replication", passwords.replication, "+psync +replconf +ping"),
            account(
                "sentinel",
                passwords.sentinel,
                "allchannels +ping +info +role +replicaof +slaveof +multi +exec +subscribe +publish +config|rewrite +client|setname +client|kill +script|kill",
            ),
            account("gate", passwords.gate, "+ping +info +role"),
            account("operator", passwords.operator, "allkeys allchannels +@all"),
        ].join("");
}

export function sentinelAcl({ passwords }: RedisFacts): string {
    return [
        "user default off sanitize-payload resetpass resetkeys resetchannels -@all\n",
        account(
            "sentinel",
            passwords.sentinel,
            "allchannels +ping +publish +subscribe +hello +client|setname +sentinel|is-master-down-by-addr",
        ),
        account(
            "gate",
            passwords.gate,
            "+ping +sentinel|get-master-addr-by-name +sentinel|master +sentinel|ckquorum",
        ),
        account("operator", passwords.operator, "allkeys allchannels +@all"),
    ].join("");
}
