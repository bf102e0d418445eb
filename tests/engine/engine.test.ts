import type { RenderedFile } from "../../components/host/render";
import { PrivateHost } from "../helpers/private-host";

// The text and the standard input that Pulumi would send to a host, run in a root file system of its own.

const missing = PrivateHost.missing();
const here = missing === undefined ? describe : describe.skip;

const conf = "/etc/app/app.conf";
const unitFile = "/etc/systemd/system/app.service.d/testudo.conf";

function file(path: string, content: string, more: Partial<RenderedFile> = {}): RenderedFile {
    return {
        path,
        content,
        owner: "root:root",
        mode: "0644",
        onChange: "restart app.service",
        check: "! grep refused /etc/app/app.conf",
        ...more,
    };
}

function healthy(text = "exit 0"): RenderedFile {
    const more = { mode: "0755", onChange: "none", check: "" };
    return file("/usr/local/lib/testudo/app/healthy", `#!/bin/bash\n${text}\n`, more);
}

here(`the engine on a host${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
    let host: PrivateHost;
    beforeEach(() => {
        host = new PrivateHost();
    });
    afterEach(() => {
        host.remove();
    });

    test("a first push puts files in place with owner and mode, and starts the unit", async () => {
        const done = await host.apply(
            file(conf, "one\n", { mode: "0640" }),
            file("/etc/app/deep/er", "text"),
        );
        expect(done).toEqual({
            status: 0,
            said: `changed ${conf}\nchanged /etc/app/deep/er\nstart app.service\n`,
        });
        expect([host.read(conf), host.read("/etc/app/deep/er")]).toEqual(["one\n", "text"]);
        expect(host.mode(conf)).toBe(0o640);
        expect(host.calls()).toEqual(["start app.service"]);
    });

    test("a role takes over what only the host knows, before its files are compared", async () => {
        const adapt = file(
            "/usr/local/lib/testudo/app/adapt",
            `#!/bin/bash\nif [ -e ${conf} ]; then cat ${conf} "$1${conf}" | sort -u >"$1/new"; mv "$1/new" "$1${conf}"; fi\n`,
            { mode: "0755", onChange: "none", check: "" },
        );
        await host.apply(adapt, file(conf, "one\n"));
        const taken = await host.apply(adapt, file(conf, "two\n", { mode: "0640" }));
        expect([taken.status, host.read(conf), host.mode(conf)]).toEqual([0, "one\ntwo\n", 0o640]);
        expect(await host.apply(adapt, file(conf, "two\n", { mode: "0640" }))).toEqual({
            status: 0,
            said: "nothing to change\n",
        });
        const refusing = { ...adapt, content: "#!/bin/bash\nexit 1\n" };
        const refused = await host.apply(refusing, file(conf, "three\n"));
        expect(refused.status).not.toBe(0);
        expect(refused.said).toContain("could not be adapted to this host");
        expect(host.read(conf)).toBe("one\ntwo\n");
    });

    test("the same push again changes nothing and touches no unit", async () => {
        await host.apply(file(conf, "one\n"));
        host.calls();
        expect(await host.apply(file(conf, "one\n"))).toEqual({
            status: 0,
            said: "nothing to change\n",
        });
        expect(host.calls()).toEqual([]);
    });

    test("a unit that was stopped by hand is started by a push that changes nothing", async () => {
        await host.apply(file(conf, "one\n"));
        host.shell("rm /run/units/app.service");
        expect((await host.apply(file(conf, "one\n"))).status).toBe(0);
        expect(host.isRunning("app.service")).toBe(true);
    });

    test("what somebody changed on the host comes back: content, mode, a file that is gone", async () => {
        const files = [file(conf, "one\n"), file("/etc/app/b", "b"), file("/etc/app/c", "c")];
        await host.apply(...files);
        host.shell(`echo other >${conf}; chmod 0600 /etc/app/b; rm /etc/app/c`);
        const done = await host.apply(...files);
        expect(done.said).toContain(`changed ${conf}\nchanged /etc/app/b\nchanged /etc/app/c\n`);
        expect([host.read(conf), host.mode("/etc/app/b"), host.read("/etc/app/c")]).toEqual([
            "one\n",
            0o644,
            "c",
        ]);
    });

    test("a daemon is told when a file of its is no longer pushed", async () => {
        const reload = { onChange: "reload app.service", check: "" } as const;
        await host.apply(file(conf, "one\n"), file("/etc/app/old", "text\n", reload));
        host.calls();
        await host.apply(file(conf, "one\n"));
        expect(host.calls()).toEqual(["reload app.service"]);
    });

    test("a file that is no longer pushed is removed, one that was never ours stays", async () => {
        await host.apply(file(conf, "one\n"), file("/etc/app/old", "old"));
        host.shell("echo mine >/etc/app/mine");
        expect((await host.apply(file(conf, "one\n"))).said).toContain("removed /etc/app/old\n");
        expect([host.exists("/etc/app/old"), host.exists("/etc/app/mine")]).toEqual([false, true]);
    });

    test("a file that has gone over to another role stays", async () => {
        await host.apply(file(conf, "one\n"), file("/etc/app/moved", "text"));
        host.shell(
            "mkdir /var/lib/testudo/cache; echo /etc/app/moved >/var/lib/testudo/cache/paths",
        );
        const both = { roles: ["app", "cache"] } as const;
        expect((await host.applyAs(both, file(conf, "one\n"))).said).toBe("nothing to change\n");
        expect(host.exists("/etc/app/moved")).toBe(true);
    });

    test("a restart makes a reload of the same unit needless; actions run once", async () => {
        const reload = (content: string) =>
            file("/etc/app/0", content, { onChange: "reload app.service" });
        await host.apply(reload("one"), file("/etc/app/1", "one"), file("/etc/app/2", "one"));
        host.calls();
        await host.apply(reload("two"), file("/etc/app/1", "two"), file("/etc/app/2", "two"));
        expect(host.calls()).toEqual(["restart app.service"]);
        await host.apply(reload("three"), file("/etc/app/1", "two"), file("/etc/app/2", "two"));
        expect(host.calls()).toEqual(["reload app.service"]);
    });

    test("a unit file of systemd is read again before its unit is restarted", async () => {
        await host.apply(file(unitFile, "one"));
        host.calls();
        await host.apply(file(unitFile, "two"));
        expect(host.calls()).toEqual(["daemon-reload", "restart app.service"]);
    });

    test("a checker that refuses leaves the old file and the running unit as they were", async () => {
        await host.apply(file(conf, "one\n"), file("/etc/app/other", "one\n"));
        host.calls();
        const done = await host.apply(file(conf, "refused\n"), file("/etc/app/other", "two\n"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain(
            "a checker refused the new files; the old ones are still in place",
        );
        expect([host.read(conf), host.read("/etc/app/other")]).toEqual(["one\n", "one\n"]);
        expect([host.calls(), host.isRunning("app.service")]).toEqual([[], true]);
    });

    test("a checker that quotes a secret line is not repeated", async () => {
        const check = "echo 'line 3: password=hunter2'; echo 'line 4: bad'; exit 1";
        const done = await host.apply(file(conf, "one\n", { check }));
        expect(done.said).toContain("line 4: bad");
        expect(done.said).not.toMatch(/^line 3/m);
    });

    test("checkers see all new files in their places, and can change nothing there", async () => {
        const check = "grep -q two /etc/app/other && test -e /etc/passwd && ! touch /etc/app/mark";
        await host.apply(file(conf, "one\n"), file("/etc/app/other", "one\n"));
        const done = await host.apply(
            file(conf, "one\n", { check }),
            file("/etc/app/other", "two\n"),
        );
        expect([done.status, host.exists("/etc/app/mark")]).toEqual([0, false]);
    });

    test("a unit that does not start with the new files gets the old ones back and runs with them", async () => {
        await host.apply(file(conf, "one\n"));
        const done = await host.apply(file(conf, "broken\n"), file("/etc/app/new", "new"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain("app: line 1: broken");
        expect(done.said).toContain("the change was taken back");
        expect([host.read(conf), host.exists("/etc/app/new")]).toEqual(["one\n", false]);
        expect(host.isRunning("app.service")).toBe(true);
        expect((await host.apply(file(conf, "one\n"))).said).toBe("nothing to change\n");
    });

    test("a file that cannot be put in place takes the whole push back", async () => {
        await host.apply(file(conf, "one\n"));
        host.shell("echo mine >/etc/app/mine");
        const done = await host.apply(file(conf, "two\n"), file("/etc/app/mine/below", "text"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain("the change was taken back");
        expect([host.read(conf), host.read("/etc/app/mine")]).toEqual(["one\n", "mine\n"]);
    });

    test("a reload that fails gives the old files back", async () => {
        const reload = { onChange: "reload app.service" };
        await host.apply(file(conf, "one\n", reload));
        expect((await host.apply(file(conf, "broken\n", reload))).status).not.toBe(0);
        expect([host.read(conf), host.isRunning("app.service")]).toEqual(["one\n", true]);
    });

    test("a push that was cut off is taken back by the next one, and its actions stay due", async () => {
        const files = [file(conf, "one\n"), file(unitFile, "one"), healthy()];
        await host.apply(...files);
        await host.cutOff(
            "/run/reached",
            file(conf, "two\n"),
            file(unitFile, "two"),
            file("/etc/app/new", "new"),
            healthy("touch /run/reached; sleep 60"),
        );
        expect(host.read(conf)).toBe("two\n");
        host.calls();

        const done = await host.apply(...files);
        expect(done.status).toBe(0);
        expect(done.said).toContain("an earlier push was cut off; taking it back first");
        expect([host.read(conf), host.exists("/etc/app/new")]).toEqual(["one\n", false]);
        expect(host.calls()).toEqual(["daemon-reload", "restart app.service"]);
        expect((await host.apply(...files)).said).toBe("nothing to change\n");
    });

    test("no push leaves its bundle behind, whether it succeeds or not", async () => {
        await host.apply(file(conf, "one\n"));
        await host.apply(file(conf, "refused\n"));
        expect(host.shell("ls -d /run/testudo/bundle.* 2>/dev/null")).toBe("");
    });
});
