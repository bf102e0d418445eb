import { cpSync } from "node:fs";
import { join } from "node:path";
import { played } from "./image";

// Packages that a host lacks: the engine's script with the image's own apt and dpkg, and a mirror that is not always there.

const engine = join(__dirname, "..", "..", "config-templates", "_shared", "engine");
/** What the scenario says, by name. */
let said = new Map<string, string>();
const of = (name: string) =>
    ["status", "there", "pauses", "failed"].map((what) => said.get(`${name}-${what}`));

beforeAll(() => {
    said = played((work) => {
        cpSync(join(__dirname, "packages"), work, { recursive: true });
        cpSync(join(engine, "packages"), join(work, "packages"));
    });
}, 180_000);

test("an image without lists fetches them first", () => {
    expect(of("plain")).toEqual(["0", "yes", "", ""]);
});

test("lists that are older than the package are fetched anew", () => {
    expect(of("later")).toEqual(["0", "yes", "2", ""]);
});

test("a mirror that is not there yet is waited for", () => {
    const [status, there, pauses] = of("tired");
    expect([status, there]).toEqual(["0", "yes"]);
    expect(["2", "2 5", "2 5 15"]).toContain(pauses);
});

test("a package that no mirror has is not waited for", () => {
    const [status, , pauses, failed] = of("unknown");
    expect([status, pauses]).toEqual(["1", "2"]);
    expect(said.get("unknown-said")).toContain("Unable to locate package dodo");
    expect(failed).toMatch(/^cannot install dodo: tried 2 times/);
});

test("without a way to the mirror it gives up after two minutes of waiting, with apt's reason and what to do", () => {
    const [status, there, pauses, failed] = of("closed");
    expect([status, there, pauses]).toEqual(["1", "no", "2 5 15 30 60 0"]);
    expect(said.get("closed-said")).toMatch(/503/);
    expect(failed).toMatch(
        /^cannot install newt: tried 6 times in \d+ s, .*testudo:egress\.mirrors/,
    );
});
