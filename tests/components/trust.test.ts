import * as pulumi from "@pulumi/pulumi";
import { trust as schema } from "../../components/cluster/schema.trust";
import { Trust } from "../../components/trust";
import { hostOf, planOf } from "../helpers/plans";
import { record, type Recording } from "../helpers/record";

const db1 = hostOf(planOf(), "db1");
const day = 24;

const withAuthorities = (...authorities: string[]): Promise<Recording> =>
    record(() =>
        new Trust("trust", schema.parse({ authorities })).hostCredentials(db1, "database"),
    );

test("one authority, the keys of stack, operator and bastion, and nothing that hangs on a machine (mocks)", async () => {
    const made = await record(() => new Trust("trust"));
    expect(made.childrenOf("trust")).toEqual([
        "trust-authority",
        "trust-authority-key",
        "trust-bastion-key",
        "trust-client-key",
        "trust-stack-key",
    ]);
});

test("a certificate speaks for one host in one role, by name and address, at both ends (mocks)", async () => {
    const made = await record(() => new Trust("trust").hostCredentials(db1, "database"));
    expect(made.get("trust-db1-database-request").inputs).toMatchObject({
        subject: { commonName: "db1", organizationalUnit: "database" },
        dnsNames: ["db1", "db1.testudo.internal", "database.testudo.internal"],
        ipAddresses: ["10.91.1.41"],
    });
    expect(made.get("trust-db1-database-certificate").inputs.allowedUses).toEqual([
        "digital_signature",
        "key_encipherment",
        "server_auth",
        "client_auth",
    ]);
});

test("lifetimes are what the configuration says, and the authority is made anew before it is outlived (mocks)", async () => {
    const settings = schema.parse({ certificateDays: 100, renewalDays: 20, authorityDays: 1000 });
    const made = await record(() => new Trust("trust", settings).hostCredentials(db1, "database"));
    expect(made.get("trust-db1-database-certificate").inputs).toMatchObject({
        validityPeriodHours: 100 * day,
        earlyRenewalHours: 20 * day,
    });
    expect(made.get("trust-authority").inputs).toMatchObject({
        validityPeriodHours: 1000 * day,
        earlyRenewalHours: 120 * day,
    });
});

test("a second authority signs, the first one stays as it was and vouches for it (mocks)", async () => {
    const [alone, both, after] = [
        await withAuthorities("first"),
        await withAuthorities("second", "first"),
        await withAuthorities("second"),
    ];
    const authorities = (made: Recording) =>
        made.childrenOf("trust").filter((name) => /authority|-by-/.test(name));
    expect(authorities(both)).toEqual([
        "trust-authority",
        "trust-authority-key",
        "trust-second-authority",
        "trust-second-authority-key",
        "trust-second-by-first",
        "trust-second-by-first-request",
    ]);
    expect(authorities(after)).toEqual(["trust-second-authority", "trust-second-authority-key"]);
    expect(both.get("trust-authority").inputs).toEqual(alone.get("trust-authority").inputs);
    expect(both.get("trust-db1-database-certificate").inputs.caCertPem).toBe(
        "CERTIFICATE trust-second-authority\n",
    );
    expect(both.get("trust-second-by-first").inputs).toMatchObject({
        caCertPem: "CERTIFICATE trust-authority\n",
        isCaCertificate: true,
    });
    // The same name as the authority's own certificate, or nobody would take one for the other.
    expect(both.get("trust-second-by-first-request").inputs.subject).toEqual(
        both.get("trust-second-authority").inputs.subject,
    );
    expect(both.get("trust-second-authority").inputs.subject).not.toEqual(
        both.get("trust-authority").inputs.subject,
    );
    // The certificates themselves are left alone when the old authority goes.
    expect(after.get("trust-db1-database-certificate").inputs).toEqual(
        both.get("trust-db1-database-certificate").inputs,
    );
});

test("hosts get the whole chain, and trust all authorities (mocks)", async () => {
    let seen: unknown;
    await record(
        () =>
            new Promise((resolve) => {
                const trust = new Trust(
                    "trust",
                    schema.parse({ authorities: ["second", "first"] }),
                );
                pulumi
                    .all([trust.hostCredentials(db1, "database"), trust.ca])
                    .apply(([{ certificate, ca }, trusted]) => {
                        seen = { certificate, ca, trusted };
                        resolve(seen);
                    });
            }),
    );
    const trusted = "CERTIFICATE trust-second-authority\nCERTIFICATE trust-authority\n";
    expect(seen).toEqual({
        certificate:
            "CERTIFICATE trust-db1-database-certificate\nCERTIFICATE trust-second-by-first\n",
        ca: trusted,
        trusted,
    });
});
