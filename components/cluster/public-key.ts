/** What an authorized_keys line may begin with, and the length of the key in its blob where it has one length. */
const types: Readonly<Record<string, number | undefined>> = {
    "ssh-ed25519": 32,
    "sk-ssh-ed25519@openssh.com": 32,
    "ecdsa-sha2-nistp256": 65,
    "ecdsa-sha2-nistp384": 97,
    "ecdsa-sha2-nistp521": 133,
    "sk-ecdsa-sha2-nistp256@openssh.com": 65,
    "ssh-rsa": undefined,
};

/** As sshd is told (RequiredRSASize). */
export const leastRsaBits = 3072;

/** The part of an authorized_keys line that is the key itself; `undefined` where the line is none. */
export function publicKeyOf(line: string): string | undefined {
    return publicKeyFault(line) === undefined ? line.trim().split(/\s+/)[1] : undefined;
}

/** What is wrong with an authorized_keys line, as the rest of a sentence that begins "needs"; `undefined`: nothing. */
export function publicKeyFault(line: string): string | undefined {
    if (line.includes("PRIVATE KEY"))
        return "needs the public key (the file that ends in .pub); this is a private one: keep it to yourself, and since it stood here make another";
    if (!/^[\x20-\x7e]*$/.test(line)) return "needs one line of plain ASCII";
    const [type = "", blob = ""] = line.trim().split(/ +/);
    if (type === "ssh-dss") return "needs another key: DSA is broken and sshd refuses it";
    if (/-cert-v\d\d@openssh\.com$/.test(type))
        return "needs a public key; this is a certificate, and no authority for them is set up";
    if (!(type in types)) {
        return line.split(/ +/).some((word) => word in types)
            ? "needs to begin with the key's type; options in front of it are not taken: what a person may do is the same for all"
            : `needs a line of ssh-keygen's .pub file, which begins with ${Object.keys(types).join(", ")}`;
    }
    return blobFault(type, blob);
}

function blobFault(type: string, blob: string): string | undefined {
    const whole = "needs the whole key; this one is cut off or mistyped";
    const bytes = Buffer.from(blob, "base64");
    if (bytes.length === 0 || bytes.toString("base64") !== blob) return whole;
    const [name, ...fields] = fieldsOf(bytes) ?? [];
    if (name?.toString("latin1") !== type) return whole;
    if (type === "ssh-rsa") {
        const [exponent, modulus] = fields;
        if (exponent === undefined || modulus === undefined || fields.length !== 2) return whole;
        const bits = bitsOf(modulus);
        return bits < leastRsaBits
            ? `needs at least ${leastRsaBits} bits for RSA, and this has ${bits}: make another with ssh-keygen -t ed25519`
            : undefined;
    }
    // The key itself: after the curve's name where there is one, and before the application of a hardware key.
    const key = fields[type.includes("ecdsa") ? 1 : 0];
    const count = (type.includes("ecdsa") ? 2 : 1) + (type.startsWith("sk-") ? 1 : 0);
    return key?.length === types[type] && fields.length === count ? undefined : whole;
}

/** The fields of a key's blob, each with its length before it. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
    const fields: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
        if (at + 4 > bytes.length) return undefined;
        const end = at + 4 + bytes.readUInt32BE(at);
        if (end > bytes.length) return undefined;
        fields.push(bytes.subarray(at + 4, end));
        at = end;
    }
    return fields;
}

/** Of a number as SSH writes it: a zero byte in front keeps it positive. */
function bitsOf(number: Buffer): number {
    const first = number.findIndex((byte) => byte !== 0);
    return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
