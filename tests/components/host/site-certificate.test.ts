import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSiteCertificate } from "../../../components/host/site-certificate";
import { lineOf, planOf, type Values } from "../../helpers/plans";

const site = { name: "www.example.org", certificate: "site.pem" };
const now = new Date("2026-06-01T00:00:00Z");
let folder = "";

/** openssl in the folder, as a person would call it. */
function openssl(...words: string[]): void {
    execFileSync("openssl", words, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

const text = (name: string) => readFileSync(join(folder, name), "utf8");
const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
};

/** Key NAME.key and certificate NAME.crt, signed by BY. Times as YYMMDDhhmmssZ. */
function sign(
    name: string,
    by: string,
    extensions: string,
    [from, to]: [string, string] = ["260101000000Z", "270101000000Z"],
): void {
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
    openssl("req", "-new", "-key", `${name}.key`, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
    write("index", "");
    write("extensions", extensions);
    write(
        "ca.cnf",
        "[ca]\ndefault_ca = it\n[it]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n",
    );
    const issuer = by === name ? ["-selfsign"] : ["-cert", `${by}.crt`];
    openssl(
        ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", `${name}.csr`],
        ...["-out", `${name}.crt`, "-keyfile", `${by}.key`, ...issuer],
        ...["-startdate", from, "-enddate", to, "-extfile", "extensions"],
    );
}

const authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n";
const server = (names: string, purpose = "serverAuth") =>
    `subjectAltName=${names}\nextendedKeyUsage=${purpose}\n`;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-certificates-"));
    const long: [string, string] = ["200101000000Z", "400101000000Z"];
    sign("root", "root", authority, long);
    sign("middle", "root", authority, long);
    sign("site", "middle", server("DNS:www.example.org"));
    sign("wild", "middle", server("DNS:*.example.org"));
    sign("number", "middle", server("IP:10.91.0.10"));
    sign("mail", "middle", server("DNS:www.example.org", "clientAuth"));
    sign("other", "middle", server("DNS:www.example.org"));
    write("chain", text("middle.crt") + text("root.crt"));
    write("site.pem", text("site.crt") + text("chain"));
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

async function faults(values: Values, at = now): Promise<string[]> {
    const found = await readSiteCertificate(planOf(values), at, folder);
    return found.faults.map(lineOf);
}

test("without one there is nothing to read", async () => {
    expect(await readSiteCertificate(planOf(), now, folder)).toEqual({ faults: [] });
});

test("a good one is taken, from files and as text, with its chain in its order", async () => {
    const fromFiles = await readSiteCertificate(planOf({ site, siteKey: "site.key" }), now, folder);
    expect(fromFiles.faults).toEqual([]);
    expect(fromFiles.value?.chain).toBe(text("site.crt") + text("middle.crt") + text("root.crt"));
    expect(fromFiles.value?.key).toBe(text("site.key"));
    expect(fromFiles.value?.ends.toISOString()).toBe("2027-01-01T00:00:00.000Z");
    expect(fromFiles.value?.warnings).toEqual([]);
    const fromText = await readSiteCertificate(
        planOf({ site: { ...site, certificate: text("site.pem") }, siteKey: text("site.key") }),
        now,
        folder,
    );
    expect(fromText).toEqual(fromFiles);
});

test("one that ends within 30 days is pointed at, not refused", async () => {
    const found = await readSiteCertificate(
        planOf({ site, siteKey: "site.key" }),
        new Date("2026-12-10T00:00:00Z"),
        folder,
    );
    expect(found.faults).toEqual([]);
    expect(found.value?.warnings).toEqual([
        expect.stringContaining("testudo:site.certificate ends in 22 days, on 2027-01-01"),
    ]);
});

describe("refused, by the key as typed", () => {
    const key = "site.key";

    test("a certificate without a key, and a key without a certificate", async () => {
        expect(await faults({ site })).toEqual([
            expect.stringMatching(/^testudo:siteKey: is required with testudo:site.certificate/),
        ]);
        expect(await faults({ siteKey: key })).toEqual([
            expect.stringMatching(/^testudo:site.certificate: is required with testudo:siteKey/),
        ]);
    });

    test("files that are not there; what was given for the key is not repeated", async () => {
        const told = await faults({ site: { ...site, certificate: "no.pem" }, siteKey: "secret" });
        expect(told).toEqual([
            expect.stringMatching(/^testudo:site.certificate: needs PEM text.*"no.pem" \(ENOENT/),
            expect.stringMatching(/^testudo:siteKey: needs PEM text.*\(not shown\) \(ENOENT/),
        ]);
        expect(told.join()).not.toContain('"secret"');
    });

    test("what is no certificate, or has the key beside it", async () => {
        write("words.pem", "hello\n");
        write("broken.pem", text("site.pem").replace(/[A-Za-z]{20}/, "AAAAAAAAAAAAAAAAAAAA"));
        write("both.pem", text("site.pem") + text("site.key"));
        const told = async (certificate: string) =>
            (await faults({ site: { ...site, certificate }, siteKey: key })).join();
        expect(await told("words.pem")).toContain("needs certificates in PEM");
        expect(await told("broken.pem")).toContain("number 1 cannot be read");
        expect(await told("both.pem")).toContain("needs certificates alone");
    });

    test("another certificate's key, and one with a passphrase", async () => {
        expect(await faults({ site, siteKey: "other.key" })).toEqual([
            expect.stringContaining(
                "testudo:siteKey: needs to be the key of testudo:site.certificate",
            ),
        ]);
        openssl(
            ...["ec", "-in", "site.key", "-aes128", "-passout", "pass:word", "-out", "locked.key"],
        );
        expect(await faults({ site, siteKey: "locked.key" })).toEqual([
            expect.stringContaining("got one with a passphrase"),
        ]);
    });

    test("names that it does not cover: the site's, its aliases', other sites', the bare domain under a wildcard", async () => {
        const sites = { shop: { name: "shop.example.org", directory: "shop" } };
        const told = await faults({
            site: { ...site, aliases: ["example.org"] },
            sites,
            siteKey: key,
        });
        expect(told.map((line) => /needs to cover (\S+),/.exec(line)?.[1])).toEqual([
            "example.org",
            "shop.example.org",
        ]);
        write("wild.pem", text("wild.crt") + text("chain"));
        const wild = await faults({
            site: { name: "www.example.org", aliases: ["example.org"], certificate: "wild.pem" },
            sites: { deep: { name: "a.b.example.org", directory: "shop" }, ...sites },
            siteKey: "wild.key",
        });
        expect(wild.map((line) => /needs to cover (\S+),/.exec(line)?.[1])).toEqual([
            "example.org",
            "a.b.example.org",
        ]);
    });

    test("a site without a name needs its address in the certificate", async () => {
        write("number.pem", text("number.crt") + text("chain"));
        const numbered = { site: { certificate: "number.pem" }, siteKey: "number.key" };
        expect(await faults(numbered)).toEqual([]);
        expect(await faults({ site: { certificate: "site.pem" }, siteKey: key })).toEqual([
            expect.stringContaining("needs to cover 10.91.0.10"),
        ]);
    });

    test("one that has ended, and one that has not begun", async () => {
        const values = { site, siteKey: key };
        expect(await faults(values, new Date("2027-01-02T00:00:00Z"))).toEqual([
            expect.stringContaining("needs to be valid still"),
        ]);
        expect(await faults(values, new Date("2025-12-31T00:00:00Z"))).toEqual([
            expect.stringContaining("needs to be valid already"),
        ]);
    });

    test("a chain that is incomplete, and one in the wrong order", async () => {
        write("short.pem", text("site.crt"));
        write("middle.pem", text("site.crt") + text("middle.crt"));
        write("turned.pem", text("site.crt") + text("root.crt") + text("middle.crt"));
        const told = (certificate: string) =>
            faults({ site: { ...site, certificate }, siteKey: key });
        expect(await told("short.pem")).toEqual([expect.stringContaining("ends with CN=site")]);
        expect(await told("middle.pem")).toEqual([expect.stringContaining("ends with CN=middle")]);
        expect(await told("turned.pem")).toEqual([
            expect.stringContaining("CN=site, signed by CN=middle, and then CN=root"),
        ]);
    });

    test("one that is not for servers", async () => {
        write("mail.pem", text("mail.crt") + text("chain"));
        expect(
            await faults({ site: { ...site, certificate: "mail.pem" }, siteKey: "mail.key" }),
        ).toEqual([expect.stringContaining("needs to be one for servers")]);
    });
});
