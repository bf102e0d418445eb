import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RenderedFile } from "../../components/host/render";
import { push } from "../../components/host/steps";
import { fakeMachines } from "../helpers/foundation";
import { hostOf, planOf } from "../helpers/plans";
import { record } from "../helpers/record";
import { Trust } from "../../components/trust";

// The text and the standard input that Pulumi would send to a host, run in a root file system of its own.

const program = join(__dirname, "private-root");
const probeDir = mkdtempSync(join(tmpdir(), "testudo-probe-"));
const probe = spawnSync(program, [probeDir, "true"], { encoding: "utf8" });
rmSync(probeDir, { recursive: true, force: true });
const here = probe.status === 0 ? describe : describe.skip;
const reason =
    probe.status === 0
        ? ""
        : ` (skipped: neither root nor user namespaces: ${probe.stderr.trim()})`;

const conf = "/etc/app/app.conf";
const file = (path: string, content: string, more: Partial<RenderedFile> = {}): RenderedFile => ({
    path,
    content,
    owner: "root:root",
    mode: "0644",
    onChange: "restart app.service",
    check: "! grep refused /etc/app/app.conf",
    ...more,
});
const healthy = (text = "exit 0") =>
    file("/usr/local/lib/testudo/app/healthy", `#!/bin/bash\n${text}\n`, {
        mode: "0755",
        onChange: "none",
        check: "",
    });

/** What a push of these files sends. */
async function sent(files: RenderedFile[]): Promise<{ text: string; stdin: string }> {
    const plan = planOf();
    const made = await record(() => {
        const trust = new Trust("trust");
        const host = fakeMachines(plan, trust).host(hostOf(plan, "lb1"), { parent: trust });
        push(
            "push",
            host,
            { role: "app", files, units: ["app.service"], stackKey: "key" },
            { parent: trust },
        );
    });
    const { create, stdin } = made.get("push").inputs;
    return { text: String(create), stdin: String(stdin) };
}

here(`the engine on a host${reason}`, () => {
    let dir = "";
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "testudo-engine-"));
    });
    afterEach(() => {
        rmSync(dir, { recursive: true, force: true });
    });

    const at = (path: string) => join(dir, path.replace("/usr/local/", "/local/"));
    const read = (path: string) => readFileSync(at(path), "utf8");
    const calls = () => (existsSync(at("/run/calls")) ? read("/run/calls").trim().split("\n") : []);
    const forget = () => rmSync(at("/run/calls"), { force: true });
    const running = () => existsSync(at("/run/units/app.service"));
    const inside = (script: string) => spawnSync(program, [dir, script], { encoding: "utf8" });

    async function apply(
        ...files: RenderedFile[]
    ): Promise<{ status: number | null; said: string }> {
        const { text, stdin } = await sent(files);
        const { status, stdout, stderr } = spawnSync(program, [dir, text], {
            input: stdin,
            encoding: "utf8",
        });
        return { status, said: stdout + stderr };
    }

    test("a first push puts files in place with owner and mode, and starts the unit", async () => {
        const done = await apply(
            file(conf, "one\n", { mode: "0640" }),
            file("/etc/app/deep/er", "text"),
        );
        expect(done).toEqual({
            status: 0,
            said: `changed ${conf}\nchanged /etc/app/deep/er\nstart app.service\n`,
        });
        expect([read(conf), read("/etc/app/deep/er")]).toEqual(["one\n", "text"]);
        expect(statSync(at(conf)).mode & 0o7777).toBe(0o640);
        expect(calls()).toEqual(["start app.service"]);
    });

    test("the same push again changes nothing and touches no unit", async () => {
        await apply(file(conf, "one\n"));
        forget();
        expect(await apply(file(conf, "one\n"))).toEqual({
            status: 0,
            said: "nothing to change\n",
        });
        expect(calls()).toEqual([]);
    });

    test("a unit that was stopped by hand is started by a push that changes nothing", async () => {
        await apply(file(conf, "one\n"));
        inside("rm /run/units/app.service");
        expect((await apply(file(conf, "one\n"))).status).toBe(0);
        expect(running()).toBe(true);
    });

    test("what somebody changed on the host comes back: content, mode, a file that is gone", async () => {
        const files = [file(conf, "one\n"), file("/etc/app/b", "b"), file("/etc/app/c", "c")];
        await apply(...files);
        inside(`echo other >${conf}; chmod 0600 /etc/app/b; rm /etc/app/c`);
        const done = await apply(...files);
        expect(done.said).toContain(`changed ${conf}\nchanged /etc/app/b\nchanged /etc/app/c\n`);
        expect([read(conf), statSync(at("/etc/app/b")).mode & 0o777, read("/etc/app/c")]).toEqual([
            "one\n",
            0o644,
            "c",
        ]);
    });

    test("a file that is no longer pushed is removed, one that was never ours stays", async () => {
        await apply(file(conf, "one\n"), file("/etc/app/old", "old"));
        inside("echo mine >/etc/app/mine");
        expect((await apply(file(conf, "one\n"))).said).toContain("removed /etc/app/old\n");
        expect([existsSync(at("/etc/app/old")), existsSync(at("/etc/app/mine"))]).toEqual([
            false,
            true,
        ]);
    });

    test("a restart makes a reload of the same unit needless; actions run once", async () => {
        const [b, c, d] = ["reload app.service", "restart app.service", "restart app.service"].map(
            (onChange, index) => (content: string) =>
                file(`/etc/app/${index}`, content, { onChange }),
        );
        const all = (content: string) => [b, c, d].map((make) => make?.(content) ?? file("", ""));
        await apply(...all("one"));
        forget();
        await apply(...all("two"));
        expect(calls()).toEqual(["restart app.service"]);
        forget();
        await apply(
            ...all("two").with(0, file("/etc/app/0", "three", { onChange: "reload app.service" })),
        );
        expect(calls()).toEqual(["reload app.service"]);
    });

    test("a unit file of systemd is read again before its unit is restarted", async () => {
        const unit = (text: string) => file("/etc/systemd/system/app.service.d/testudo.conf", text);
        await apply(unit("one"));
        forget();
        await apply(unit("two"));
        expect(calls()).toEqual(["daemon-reload", "restart app.service"]);
    });

    test("a checker that refuses leaves the old file and the running unit as they were", async () => {
        await apply(file(conf, "one\n"), file("/etc/app/other", "one\n"));
        forget();
        const done = await apply(file(conf, "refused\n"), file("/etc/app/other", "two\n"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain(
            "a checker refused the new files; the old ones are still in place",
        );
        expect([read(conf), read("/etc/app/other")]).toEqual(["one\n", "one\n"]);
        expect([calls(), running()]).toEqual([[], true]);
    });

    test("a checker that quotes a secret line is not repeated", async () => {
        const check = "echo 'line 3: password=hunter2'; echo 'line 4: bad'; exit 1";
        const done = await apply(file(conf, "one\n", { check }));
        expect(done.said).toContain("line 4: bad");
        expect(done.said).not.toMatch(/^line 3/m);
    });

    test("checkers see all new files in their places, the host sees none of it", async () => {
        const check = "grep -q two /etc/app/other && test -e /etc/passwd && ! touch /etc/app/mark";
        await apply(file(conf, "one\n"), file("/etc/app/other", "one\n"));
        expect(
            (await apply(file(conf, "one\n", { check }), file("/etc/app/other", "two\n"))).status,
        ).toBe(0);
    });

    test("a unit that does not start with the new files gets the old ones back and runs with them", async () => {
        await apply(file(conf, "one\n"));
        forget();
        const done = await apply(file(conf, "broken\n"), file("/etc/app/new", "new"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain("app: line 1: broken");
        expect(done.said).toContain("the change was taken back");
        expect([read(conf), existsSync(at("/etc/app/new"))]).toEqual(["one\n", false]);
        expect(running()).toBe(true);
        expect((await apply(file(conf, "one\n"))).said).toBe("nothing to change\n");
    });

    test("a file that cannot be put in place takes the whole push back", async () => {
        await apply(file(conf, "one\n"));
        inside("echo mine >/etc/app/mine");
        const done = await apply(file(conf, "two\n"), file("/etc/app/mine/below", "text"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain("the change was taken back");
        expect([read(conf), read("/etc/app/mine")]).toEqual(["one\n", "mine\n"]);
    });

    test("a reload that fails gives the old files back", async () => {
        const reload = { onChange: "reload app.service" };
        await apply(file(conf, "one\n", reload));
        expect((await apply(file(conf, "broken\n", reload))).status).not.toBe(0);
        expect([read(conf), running()]).toEqual(["one\n", true]);
    });

    test("a push that was cut off is taken back by the next one before anything else, and its actions stay due", async () => {
        const unit = "/etc/systemd/system/app.service.d/testudo.conf";
        await apply(file(conf, "one\n"), file(unit, "one"), healthy());
        const hang = healthy("touch /run/reached; sleep 60");
        const { text, stdin } = await sent([
            file(conf, "two\n"),
            file(unit, "two"),
            file("/etc/app/new", "new"),
            hang,
        ]);
        const cut = spawn("setsid", [program, dir, text], { stdio: ["pipe", "ignore", "ignore"] });
        cut.stdin.end(stdin);
        await until(() => existsSync(at("/run/reached")));
        process.kill(-(cut.pid ?? 0), "SIGKILL");
        await new Promise((resolve) => cut.on("exit", resolve));
        expect(read(conf)).toBe("two\n");
        forget();

        const done = await apply(file(conf, "one\n"), file(unit, "one"), healthy());
        expect(done.status).toBe(0);
        expect(done.said).toContain("an earlier push was cut off; taking it back first");
        expect([read(conf), existsSync(at("/etc/app/new"))]).toEqual(["one\n", false]);
        expect(calls()).toEqual(["daemon-reload", "restart app.service"]);
        expect((await apply(file(conf, "one\n"), file(unit, "one"), healthy())).said).toBe(
            "nothing to change\n",
        );
    });

    test("no push leaves its bundle behind, whether it succeeds or not", async () => {
        await apply(file(conf, "one\n"));
        await apply(file(conf, "refused\n"));
        expect(inside("ls -d /run/testudo/bundle.* 2>/dev/null").stdout).toBe("");
    });
});

async function until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!condition()) {
        if (Date.now() > deadline) throw new Error("the condition did not come true in 20 s");
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
