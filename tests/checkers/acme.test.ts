import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { thumbprintOf } from "../../components/roles/load-balancer-pair.acme";
import { filesOf, placeholders } from "../helpers/facts";
import { hostOf, planOf, withAcme } from "../helpers/plans";
import { played } from "./image";

// The site's certificate by ACME: a balancer's own files, its HAProxy and dehydrated, and the authority of Let's Encrypt's
// tests, all of the image.

const directory = "https://10.91.2.50:14000/dir";
const plan = planOf({
    ...withAcme,
    site: { ...(withAcme.site as object), acme: { directory, ca: "pebble.pem" } },
    web: { count: 2 },
});
const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const thumbprint = thumbprintOf(publicKey);
/** What the scenario says, by name. */
let said = new Map<string, string>();
const words = (name: string) => (said.get(name) ?? "nothing").split(" ");
const edgeIn = (name: string) =>
    (JSON.parse(said.get(name) ?? "{}") as { edge: Record<string, unknown> }).edge;

beforeAll(() => {
    said = played((work) => {
        for (const path of ["acme/scenario", "make-keys", "edge/web-host.py"])
            cpSync(join(__dirname, path), join(work, path.replace(/.*\//, "")));
        cpSync(join(__dirname, "..", "e2e", "client", "prober.py"), join(work, "prober.py"));
        mkdirSync(join(work, "keys"));
        writeFileSync(join(work, "keys", "account.key"), privateKey, { mode: 0o600 });
        const acme = { key: privateKey, thumbprint, directoryCa: "replaced\n" };
        const files = filesOf(plan, hostOf(plan, "lb1"), { ...placeholders, acme });
        for (const { path, content, mode } of files.get("load-balancer") ?? []) {
            const to = join(work, "lb1", path);
            mkdirSync(dirname(to), { recursive: true });
            writeFileSync(to, content, { mode: parseInt(mode, 8) });
        }
    });
}, 180_000);

test("a question is answered with the account's fingerprint; whatever else is asked there goes to https", () => {
    expect(words("answer")).toEqual(["200", `a-Token_1.${thumbprint}`]);
    expect(words("answers-else")).toEqual(["301", "301", "301"]);
});

test("a certificate is fetched while the stack's own is shown, and takes its place", () => {
    expect(words("first-failed")).toEqual(["no"]);
    expect(words("first-changed")).toEqual(["yes"]);
    expect(words("first-visit")).toEqual(["200"]);
    expect(edgeIn("first-status")).toMatchObject({
        brought: true,
        failed: null,
        by: expect.stringContaining("Pebble Intermediate CA") as unknown,
    });
});

test("the site's clock believes it, and its key is root's alone", () => {
    expect(words("first-clock")).toEqual(["200"]);
    expect(words("modes")).toEqual(["600:root", "644:root"]);
    expect(words("left-behind")).toEqual(["0", "0"]);
});

test("a push leaves it as it is; nobody asks for another before two thirds of its life are over", () => {
    expect(words("push-keeps")).toEqual(["it"]);
    expect(words("not-due")).toEqual(["same"]);
    expect([words("due-at-59-31"), words("due-at-61-29")]).toEqual([["no"], ["yes"]]);
    expect(words("due-elsewhere")).toEqual(["yes"]);
});

test("until the first has come, what visitors know stays, if it has not ended", () => {
    expect([words("kept-20--1"), words("kept-20-60")]).toEqual([["no"], ["yes"]]);
});

test("on demand there is another one", () => {
    expect(words("renewed")).toEqual(["no", "another"]);
});

test("an authority that is dead, or says no, leaves the certificate, and the reason is told", () => {
    expect(words("dead-directory")).toEqual(["yes", "same", "200"]);
    expect(edgeIn("dead-status")).toMatchObject({
        brought: true,
        failed: expect.stringContaining(directory) as unknown,
    });
    expect(words("wrong-name")).toEqual(["yes", "same"]);
    expect(edgeIn("wrong-name-status").failed).toMatch(/has not signed: .*unreachable/);
});

test("what an authority sends for another key is not shown", () => {
    expect(said.get("wrong-key")).toBe(
        "https://10.91.2.50:14000/dir sent no certificate for the key it was asked for same",
    );
});

test("no visitor is turned back meanwhile", () => {
    expect(words("visits-failed")).toEqual(["0"]);
    expect(Number(said.get("visits"))).toBeGreaterThan(50);
});
