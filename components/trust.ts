import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { HostSpec, RoleName } from "./cluster/types";
import type { Credentials } from "./roles/role";

/** Lifetimes in hours; a certificate is made anew by the first `up` inside its renewal window. */
const lifetime = { authority: 10 * 8766, certificate: 2 * 8766, renewal: 30 * 24 };

/** Whom a certificate speaks for. */
export interface Subject {
    readonly commonName: string;
    /** Checked by the other side: a certificate of another role opens nothing. */
    readonly organizationalUnit: string;
    readonly dnsNames: readonly string[];
    readonly ipAddresses: readonly string[];
}

/**
 * The stack's keys: one certificate authority, one certificate per host and role, SSH keys of
 * hosts, bastion and operator, and the key of the digests that previews show. Nothing in it depends on a machine.
 */
export class Trust extends pulumi.ComponentResource {
    /** Certificate of the authority, PEM. */
    readonly ca: pulumi.Output<string>;
    readonly stackKey: pulumi.Output<string>;
    /** The operator's SSH key. */
    readonly clientKey: tls.PrivateKey;
    readonly bastionKey: tls.PrivateKey;
    private readonly authorityKey: tls.PrivateKey;

    constructor(
        private readonly name: string,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("testudo:index:Trust", name, {}, opts);
        const parent = { parent: this };
        this.stackKey = new random.RandomPassword(
            `${name}-stack-key`,
            { length: 48, special: false },
            parent,
        ).result;
        this.clientKey = new tls.PrivateKey(`${name}-client-key`, { algorithm: "ED25519" }, parent);
        this.bastionKey = new tls.PrivateKey(
            `${name}-bastion-key`,
            { algorithm: "ED25519" },
            parent,
        );
        this.authorityKey = new tls.PrivateKey(
            `${name}-authority-key`,
            { algorithm: "ECDSA", ecdsaCurve: "P256" },
            parent,
        );
        this.ca = new tls.SelfSignedCert(
            `${name}-authority`,
            {
                privateKeyPem: this.authorityKey.privateKeyPem,
                isCaCertificate: true,
                subject: { commonName: `Testudo ${pulumi.getStack()}`, organization: "Testudo" },
                validityPeriodHours: lifetime.authority,
                allowedUses: ["cert_signing", "crl_signing"],
            },
            parent,
        ).certPem;
        this.registerOutputs({});
    }

    /** The SSH identity of one host: made before the machine, so that its first connection is pinned already. */
    hostKey(host: string): tls.PrivateKey {
        return new tls.PrivateKey(
            `${this.name}-host-key-${host}`,
            { algorithm: "ED25519" },
            { parent: this },
        );
    }

    /** The certificate of one host in one role. */
    hostCredentials(host: HostSpec, role: RoleName): pulumi.Output<Credentials> {
        return this.credentials(`${host.name}-${role}`, {
            commonName: host.name,
            organizationalUnit: role,
            dnsNames: [host.name, `${host.name}.testudo.internal`, `${role}.testudo.internal`],
            ipAddresses: [host.address],
        });
    }

    /** A certificate for both ends of a connection, signed by the stack's authority. */
    credentials(suffix: string, subject: Subject): pulumi.Output<Credentials> {
        const name = `${this.name}-${suffix}`;
        const parent = { parent: this };
        const key = new tls.PrivateKey(
            `${name}-key`,
            { algorithm: "ECDSA", ecdsaCurve: "P256" },
            parent,
        );
        const request = new tls.CertRequest(
            `${name}-request`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: {
                    commonName: subject.commonName,
                    organizationalUnit: subject.organizationalUnit,
                    organization: "Testudo",
                },
                dnsNames: [...subject.dnsNames],
                ipAddresses: [...subject.ipAddresses],
            },
            parent,
        );
        const certificate = new tls.LocallySignedCert(
            `${name}-certificate`,
            {
                certRequestPem: request.certRequestPem,
                caPrivateKeyPem: this.authorityKey.privateKeyPem,
                caCertPem: this.ca,
                validityPeriodHours: lifetime.certificate,
                earlyRenewalHours: lifetime.renewal,
                allowedUses: [
                    "digital_signature",
                    "key_encipherment",
                    "server_auth",
                    "client_auth",
                ],
            },
            parent,
        );
        return pulumi
            .all([certificate.certPem, key.privateKeyPemPkcs8, this.ca])
            .apply(([cert, pem, ca]) => ({ certificate: cert, key: pem, ca }));
    }
}
