import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { TrustSettings } from "./cluster/schema.trust";
import { authorityWindowDays } from "./cluster/trust";

/** One certificate authority of the stack. */
interface Authority {
    readonly id: string;
    readonly key: tls.PrivateKey;
    readonly certificate: tls.SelfSignedCert;
}

/** Who signs, and what stands beside each certificate. */
export interface Authorities {
    readonly key: pulumi.Output<string>;
    readonly certificate: pulumi.Output<string>;
    /** Behind each certificate: the signing authority as the other one vouches for it. Empty where there is no other. */
    readonly chain: pulumi.Output<string>;
    /** All that are trusted, PEM. */
    readonly trusted: pulumi.Output<string>;
    readonly ends: readonly { readonly id: string; readonly ends: pulumi.Output<string> }[];
}

/** Its resources have no name of their own in their names: there was one authority before there were several. */
const original = "first";

/**
 * The authorities of a stack, the first one signing. Where there are two, the first one is also signed by the second:
 * a host that knows the second alone believes what the first has signed. So one `up` may bring a new authority
 * (`[new, old]`) and the next may drop the old one, in whatever order hosts are changed.
 */
export function makeAuthorities(
    name: string,
    settings: TrustSettings,
    parent: pulumi.Resource,
): Authorities {
    const [signing, other] = settings.authorities.map((id) =>
        makeAuthority(name, id, settings, parent),
    );
    if (signing === undefined)
        throw new Error(`Trust "${name}": authorities needs at least one name`);
    const all = [signing, ...(other === undefined ? [] : [other])];
    return {
        key: signing.key.privateKeyPem,
        certificate: signing.certificate.certPem,
        chain:
            other === undefined
                ? pulumi.output("")
                : vouchedFor(name, signing, other, settings, parent).certPem,
        trusted: pulumi
            .all(all.map(({ certificate }) => certificate.certPem))
            .apply((texts) => texts.join("")),
        ends: all.map(({ id, certificate }) => ({ id, ends: certificate.validityEndTime })),
    };
}

function makeAuthority(
    name: string,
    id: string,
    settings: TrustSettings,
    parent: pulumi.Resource,
): Authority {
    const prefix = id === original ? name : `${name}-${id}`;
    const key = new tls.PrivateKey(
        `${prefix}-authority-key`,
        { algorithm: "ECDSA", ecdsaCurve: "P256" },
        { parent },
    );
    const certificate = new tls.SelfSignedCert(
        `${prefix}-authority`,
        {
            privateKeyPem: key.privateKeyPem,
            isCaCertificate: true,
            subject: subjectOf(id),
            ...lifetimeOf(settings),
        },
        { parent },
    );
    return { id, key, certificate };
}

/** Name and key of one authority under the signature of another. */
function vouchedFor(
    name: string,
    signing: Authority,
    by: Authority,
    settings: TrustSettings,
    parent: pulumi.Resource,
): tls.LocallySignedCert {
    const prefix = `${name}-${signing.id}-by-${by.id}`;
    const request = new tls.CertRequest(
        `${prefix}-request`,
        { privateKeyPem: signing.key.privateKeyPem, subject: subjectOf(signing.id) },
        { parent },
    );
    return new tls.LocallySignedCert(
        prefix,
        {
            certRequestPem: request.certRequestPem,
            caPrivateKeyPem: by.key.privateKeyPem,
            caCertPem: by.certificate.certPem,
            isCaCertificate: true,
            setSubjectKeyId: true,
            ...lifetimeOf(settings),
        },
        { parent },
    );
}

/** Two authorities with one name could not be told apart by those who check a chain. */
function subjectOf(id: string): { commonName: string; organization: string } {
    const stack = pulumi.getStack();
    return {
        commonName: id === original ? `Testudo ${stack}` : `Testudo ${stack} ${id}`,
        organization: "Testudo",
    };
}

/** Renewed with the same name and key, so what the old certificate vouches for the new one does as well. */
function lifetimeOf(settings: TrustSettings) {
    return {
        validityPeriodHours: settings.authorityDays * 24,
        earlyRenewalHours: authorityWindowDays(settings) * 24,
        allowedUses: ["cert_signing", "crl_signing"],
    };
}
