import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportState, outputs } from "./lab";
import { must } from "./shell";

/** Certificate and key, PEM. */
export interface Shown {
    readonly certificate: string;
    readonly key: string;
}

interface Authority extends Shown {
    readonly name: "stack" | "stranger";
}

/** A certificate's whole validity, as openssl writes times. */
const present = ["250101000000Z", "491231000000Z"] as const;
const past = ["200101000000Z", "210101000000Z"] as const;

/**
 * Makes certificates that somebody with bad intentions, or with none, might show: with the stack's own authority,
 * whose key is in the state, and with a stranger's. In a folder of this machine that nobody else can read.
 */
export class Forge {
    private constructor(
        private readonly folder: string,
        private readonly key: string,
    ) {}

    static async open(): Promise<Forge> {
        const folder = mkdtempSync(join(tmpdir(), "testudo-forge-"));
        const forge = new Forge(folder, join(folder, "leaf.key"));
        const { certificate, key } = await stackAuthority();
        forge.write("stack.crt", certificate);
        forge.write("stack.key", key);
        forge.write(
            "ca.cnf",
            "[ca]\ndefault_ca = it\n[it]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\n[any]\norganizationName = supplied\norganizationalUnitName = optional\ncommonName = supplied\n",
        );
        await forge.openssl(
            "ecparam",
            "-name",
            "prime256v1",
            "-genkey",
            "-noout",
            "-out",
            forge.key,
        );
        // By the stack authority's own name: names are no proof.
        const subject = await forge.openssl(
            ...["x509", "-in", "stack.crt", "-noout", "-subject", "-nameopt", "compat"],
        );
        await forge.openssl(
            ...[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ],
            ...["-keyout", "stranger.key", "-out", "stranger.crt", "-days", "90"],
            ...["-subj", subject.replace(/^subject=\s*/, "").trim()],
            // Python's client asks for it.
            ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        );
        return forge;
    }

    /** PEM of the stranger's own certificate. */
    get stranger(): string {
        return readFileSync(join(this.folder, "stranger.crt"), "utf8");
    }

    /**
     * @param unit The role that it claims.
     * @param names Whom it speaks for, as openssl writes alternative names.
     */
    async certificate(
        authority: Authority["name"],
        host: string,
        unit: string,
        when: "present" | "past" = "present",
        names = `DNS:${host}`,
    ): Promise<Shown> {
        const [from, to] = when === "present" ? present : past;
        this.write("index", "");
        this.write(
            "extensions",
            `subjectAltName=${names}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n`,
        );
        await this.openssl(
            ...["req", "-new", "-key", this.key, "-out", "leaf.csr"],
            ...["-subj", `/O=Testudo/OU=${unit}/CN=${host}`],
        );
        await this.openssl(
            ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "leaf.csr"],
            ...["-cert", `${authority}.crt`, "-keyfile", `${authority}.key`, "-out", "leaf.crt"],
            ...["-startdate", from, "-enddate", to, "-extfile", "extensions"],
        );
        return {
            certificate: readFileSync(join(this.folder, "leaf.crt"), "utf8"),
            key: readFileSync(this.key, "utf8"),
        };
    }

    close(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }

    private write(name: string, content: string): void {
        writeFileSync(join(this.folder, name), content, { mode: 0o600 });
    }

    private openssl(...words: string[]): Promise<string> {
        return must(["openssl", ...words], { cwd: this.folder });
    }
}

interface State {
    readonly deployment: {
        readonly resources: readonly {
            readonly urn: string;
            readonly outputs?: Readonly<Record<string, unknown>>;
        }[];
    };
}

/** The authority that signs: what a thief of the state would have. */
async function stackAuthority(): Promise<Shown> {
    const { authorities } = await outputs();
    const prefix = authorities[0] === "first" ? "trust" : `trust-${authorities[0] ?? ""}`;
    const { deployment } = JSON.parse(await exportState(["--show-secrets"])) as State;
    const output = (name: string, property: string): string => {
        const value = deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`))?.outputs?.[
            property
        ];
        if (typeof value === "string") return value;
        const { plaintext } = (value ?? {}) as { plaintext?: string };
        if (plaintext === undefined) throw new Error(`the state has no ${property} of ${name}`);
        return JSON.parse(plaintext) as string;
    };
    return {
        certificate: output(`${prefix}-authority`, "certPem"),
        key: output(`${prefix}-authority-key`, "privateKeyPem"),
    };
}
