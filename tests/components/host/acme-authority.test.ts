import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAcmeAuthority } from "../../../components/host/acme-authority";
import { configOf, lineOf } from "../../helpers/plans";

const directory = "https://192.0.2.9:14000/dir";
let folder = "";

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-authority-"));
    const words =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -subj /CN=own";
    execFileSync("openssl", words.split(" "), { cwd: folder, stdio: "ignore" });
    const text = readFileSync(join(folder, "ca.pem"), "utf8");
    writeFileSync(join(folder, "with-words.pem"), `own authority\n${text}and no more\n`);
    writeFileSync(
        join(folder, "broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    writeFileSync(join(folder, "empty.pem"), "");
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

const read = (ca?: string) =>
    readAcmeAuthority(
        configOf({
            site: {
                name: "www.turtles.org",
                acme: { directory, ...(ca === undefined ? {} : { ca }) },
            },
        }),
        folder,
    );

test("certificates are read from a file or as they are typed, without what stands around them", async () => {
    const text = readFileSync(join(folder, "ca.pem"), "utf8");
    for (const ca of ["ca.pem", "with-words.pem", text])
        expect(await read(ca)).toEqual({ value: text, faults: [] });
});

test("without them, what browsers know is enough", async () => {
    expect(await read()).toEqual({ faults: [] });
    expect(await readAcmeAuthority(configOf(), folder)).toEqual({ faults: [] });
});

test.each([
    ["nowhere.pem", "needs PEM text, or the path of a file that can be read"],
    ["ca.key", "needs certificates alone"],
    ["empty.pem", "needs certificates in PEM"],
    ["broken.pem", "needs certificates in PEM"],
])("%s is refused, by name", async (ca, rule) => {
    const { value, faults } = await read(ca);
    expect(value).toBeUndefined();
    expect(faults.map(lineOf).join()).toContain(`testudo:site.acme.ca: ${rule}`);
});
