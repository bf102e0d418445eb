import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { trust as trustSchema, type TrustSettings } from "./cluster/schema.trust";
import type { HostSpec, RoleName } from "./cluster/types";
import type { Credentials } from "./roles/role";
import { makeAuthorities, type Authorities } from "./trust.authorities";

/** Whom a certificate speaks for. */
export interface Subject {
    readonly commonName: string;
    /** Checked by the other side: a certificate of another role opens nothing. */
    readonly organizationalUnit: string;
    readonly dnsNames: readonly string[];
    readonly ipAddresses: readonly string[];
}

/** A certificate that a person may want to know the end of. */
export interface Issued {
    readonly name: string;
    /** RFC 3339. */
    readonly ends: pulumi.Output<string>;
}

/**
 * The stack's keys: its certificate authority (two while one takes the place of the other), one certificate per host and role, SSH keys of
 * hosts, bastion and operator, and the key of the digests that previews show. Nothing in it depends on a machine.
 */
export class Trust extends pulumi.ComponentResource {
    /** Certificates of all authorities that are trusted, PEM. */
    readonly ca: pulumi.Output<string>;
    /** Names of the authorities, the signing one first. */
    readonly authorityNames: readonly string[];
    /** All certificates, the authorities' first. */
    readonly issued: Issued[];
    readonly stackKey: pulumi.Output<string>;
    /** The operator's SSH key. */
    readonly clientKey: tls.PrivateKey;
    readonly bastionKey: tls.PrivateKey;
    private readonly authorities: Authorities;

    /** @param settings What `testudo:trust` says; by default its defaults. */
    constructor(
        private readonly name: string,
        private readonly settings: TrustSettings = trustSchema.parse({}),
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
        this.authorities = makeAuthorities(name, settings, this);
        this.ca = this.authorities.trusted;
        this.authorityNames = settings.authorities;
        this.issued = this.authorities.ends.map(({ id, ends }) => ({
            name: `authority ${id}`,
            ends,
        }));
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

    /** The account at the authority that signs the site's certificate, where one is asked (ACME). */
    acmeAccount(): tls.PrivateKey {
        return new tls.PrivateKey(
            `${this.name}-acme-account`,
            { algorithm: "ECDSA", ecdsaCurve: "P256" },
            { parent: this },
        );
    }

    /** The certificate of one host in one role. */
    hostCredentials(host: HostSpec, role: RoleName): pulumi.Output<Credentials> {
        return this.credentials(`${host.name}-${role}`, `${host.name} ${role}`, {
            commonName: host.name,
            organizationalUnit: role,
            dnsNames: [host.name, `${host.name}.testudo.internal`, `${role}.testudo.internal`],
            ipAddresses: [host.address],
        });
    }

    /**
     * A certificate for both ends of a connection, signed by the stack's authority, with its chain.
     * @param title What a person calls it.
     */
    credentials(suffix: string, title: string, subject: Subject): pulumi.Output<Credentials> {
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
                caPrivateKeyPem: this.authorities.key,
                caCertPem: this.authorities.certificate,
                validityPeriodHours: this.settings.certificateDays * 24,
                // A plain `up` asks the provider for the time that is left, and makes it anew when it says so.
                earlyRenewalHours: this.settings.renewalDays * 24,
                allowedUses: [
                    "digital_signature",
                    "key_encipherment",
                    "server_auth",
                    "client_auth",
                ],
            },
            parent,
        );
        this.issued.push({ name: title, ends: certificate.validityEndTime });
        // Whatever changes what is trusted changes the chain or the certificate too, so who reloads for those has it all.
        return pulumi
            .all([
                certificate.certPem,
                this.authorities.chain,
                key.privateKeyPemPkcs8,
                this.authorities.trusted,
            ])
            .apply(([cert, chain, pem, ca]) => ({ certificate: cert + chain, key: pem, ca }));
    }
}
