import { readFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Refusal } from "./refusal";

// The age format (age-encryption.org/v1): `age --decrypt` reads such a file where there is no Testudo.

/** How a person locks or opens a copy. */
export interface KeyOptions {
    readonly recipient?: readonly string[];
    readonly identity?: string;
    readonly passphraseFile?: string;
}

export interface Sealed {
    readonly bytes: Uint8Array;
    /** Opens what has been written, to prove that it can be opened. */
    open(bytes: Uint8Array): Promise<Uint8Array>;
}

const leastLength = 12;

/** Who will be able to open a copy; asks for a passphrase where nobody is named. */
export async function lockFor(
    options: KeyOptions,
): Promise<(content: Uint8Array) => Promise<Sealed>> {
    const age = await import("age-encryption");
    const { recipient: recipients = [] } = options;
    const encrypter = new age.Encrypter();
    const decrypter = new age.Decrypter();
    if (recipients.length > 0) {
        if (options.passphraseFile !== undefined)
            throw new Refusal("say --recipient or --passphrase-file, not both");
        const hybrid = recipients.filter((one) => one.startsWith("age1pq1"));
        if (hybrid.length > 0 && hybrid.length < recipients.length)
            throw new Refusal("--recipient: post-quantum keys (age1pq1…) do not mix with others");
        // A key that lives for this run only: what was written is opened once, and nobody has it afterwards.
        const own = await (
            hybrid.length > 0 ? age.generateHybridIdentity : age.generateX25519Identity
        )();
        for (const one of [...recipients, await age.identityToRecipient(own)]) {
            try {
                encrypter.addRecipient(one);
            } catch {
                throw new Refusal(
                    `--recipient ${one.startsWith("AGE-SECRET") ? "(not shown)" : one}: needs a public key of age (age1…, as age-keygen prints it)`,
                );
            }
        }
        decrypter.addIdentity(own);
    } else {
        const passphrase = await passphraseOf(options, true);
        encrypter.setPassphrase(passphrase);
        decrypter.addPassphrase(passphrase);
    }
    return async (content) => ({
        bytes: await encrypter.encrypt(content),
        open: (bytes) => decrypter.decrypt(bytes),
    });
}

/** @throws Refusal where the file is none of age's, or the key is another. */
export async function unlock(file: string, options: KeyOptions): Promise<Uint8Array> {
    const bytes = await readFile(file).catch((error: unknown) => {
        throw new Refusal(`${file}: cannot be read (${String(error)})`);
    });
    const header = bytes.subarray(0, 200).toString("latin1");
    if (!header.startsWith("age-encryption.org/v1\n"))
        throw new Refusal(`${file}: is no copy made by testudo state save, or is cut off`);
    const byPassphrase = header.includes("\n-> scrypt ");
    const keys = byPassphrase
        ? [await passphraseOf(options, false)]
        : await identitiesOf(file, options);
    const age = await import("age-encryption");
    const decrypter = new age.Decrypter();
    for (const key of keys)
        if (byPassphrase) decrypter.addPassphrase(key);
        else decrypter.addIdentity(key);
    try {
        return await decrypter.decrypt(bytes);
    } catch (error) {
        throw new Refusal(
            String(error).includes("no identity matched")
                ? `${file}: ${byPassphrase ? "the passphrase is not the one that it was saved with" : "none of the keys in --identity is one that it was saved for"}; nothing has been changed`
                : `${file}: is damaged (${String(error)}); take another copy`,
        );
    }
}

async function identitiesOf(file: string, { identity }: KeyOptions): Promise<string[]> {
    if (identity === undefined)
        throw new Refusal(
            `${file}: was saved for keys of age; say --identity with the file of one`,
        );
    const keys = (await readSecret(identity, "--identity"))
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.startsWith("AGE-SECRET-KEY-"));
    if (keys.length === 0)
        throw new Refusal(`--identity ${identity}: has no line that begins with AGE-SECRET-KEY-`);
    return keys;
}

async function passphraseOf({ passphraseFile }: KeyOptions, twice: boolean): Promise<string> {
    const passphrase =
        passphraseFile === undefined
            ? await asked(twice)
            : ((await readSecret(passphraseFile, "--passphrase-file")).split("\n")[0] ?? "");
    if (twice && passphrase.length < leastLength)
        throw new Refusal(
            `the passphrase needs at least ${leastLength} characters: the copy will lie where others may try`,
        );
    return passphrase;
}

async function readSecret(file: string, option: string): Promise<string> {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) throw new Refusal(`${option} ${file}: there is no such file`);
    if ((found.mode & 0o077) !== 0)
        throw new Refusal(`${option} ${file}: others may read it; chmod 600 ${file}`);
    return readFile(file, "utf8");
}

async function asked(twice: boolean): Promise<string> {
    if (!process.stdin.isTTY)
        throw new Refusal(
            "nobody is here to be asked for a passphrase: say --passphrase-file or --recipient; nothing has been written",
        );
    const first = await question("Passphrase of the copy: ");
    if (twice && (await question("Once more: ")) !== first)
        throw new Refusal("the two are not the same; nothing has been written");
    return first;
}

/** Asks on standard error, and shows nothing of the answer. */
function question(text: string): Promise<string> {
    process.stderr.write(text);
    const silent = new Writable({
        write: (_chunk, _encoding, done) => {
            done();
        },
    });
    const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
    return new Promise((answer, reject) => {
        terminal.on("close", () => {
            process.stderr.write("\n");
            reject(new Refusal("no passphrase was given; nothing has been changed"));
        });
        terminal.question("", (line) => {
            answer(line);
            terminal.close();
        });
    });
}
