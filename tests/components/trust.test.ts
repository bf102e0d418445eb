import { Trust } from "../../components/trust";
import { hostOf, planOf } from "../helpers/plans";
import { record } from "../helpers/record";

const db1 = hostOf(planOf(), "db1");

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

test("a certificate is renewed before it runs out, and the authority outlives it (mocks)", async () => {
    const made = await record(() => new Trust("trust").hostCredentials(db1, "database"));
    const { validityPeriodHours, earlyRenewalHours } = made.get(
        "trust-db1-database-certificate",
    ).inputs;
    const authority = Number(made.get("trust-authority").inputs.validityPeriodHours);
    expect(Number(earlyRenewalHours)).toBeGreaterThanOrEqual(14 * 24);
    expect(Number(earlyRenewalHours)).toBeLessThan(Number(validityPeriodHours));
    expect(Number(validityPeriodHours)).toBeLessThan(authority);
});
