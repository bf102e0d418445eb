import type { RenderedFile } from "../../components/host/render";
import { PrivateHost, type As } from "../helpers/private-host";

// What a host was and is no more, with the text and the standard input that Pulumi would send.

const missing = PrivateHost.missing();
const here = missing === undefined ? describe : describe.skip;

function file(path: string, content = "text\n", more: Partial<RenderedFile> = {}): RenderedFile {
    const common = { owner: "root:root", mode: "0644", onChange: "none", check: "" };
    return { path, content, ...common, ...more };
}

const script = (path: string, text: string) =>
    file(path, `#!/bin/bash\n${text}\n`, { mode: "0755" });
const leaveScript = "/usr/local/lib/testudo/app/leave";

here(`retiring on a host${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
    let host: PrivateHost;
    beforeEach(() => {
        host = new PrivateHost();
    });
    afterEach(() => {
        host.remove();
    });

    const asApp = (more: As = {}): As => ({
        role: "app",
        units: ["php.service", "way.service"],
        roles: ["web", "app"],
        ...more,
    });
    const asWeb = (more: As = {}): As => ({
        role: "web",
        units: ["way.service", "nginx.service"],
        roles: ["web", "app"],
        ...more,
    });

    test("a role that the host has no more says goodbye, stops, and takes its files along", async () => {
        const own = [file("/etc/app/own"), file("/etc/systemd/system/php.service.d/a.conf")];
        const leave = script(leaveScript, "echo goodbye >>/run/calls");
        await host.applyAs(asApp(), ...own, file("/etc/app/both"), leave);
        await host.applyAs(asWeb(), file("/etc/web/own"), file("/etc/app/both"));
        host.calls();

        const done = await host.applyAs(
            asWeb({ roles: ["web"] }),
            file("/etc/web/own"),
            file("/etc/app/both"),
        );
        expect(done).toEqual({
            status: 0,
            said: "nothing to change\nthis host is no app any more\nstop php.service\n",
        });
        expect(host.calls()).toEqual([
            "goodbye",
            "stop php.service",
            "disable php.service",
            "daemon-reload",
        ]);
        const paths = ["/etc/app/own", leaveScript, "/var/lib/testudo/app", "/etc/app/both"];
        expect(paths.map((path) => host.exists(path))).toEqual([false, false, false, true]);
        expect(["way.service", "nginx.service"].map((unit) => host.isRunning(unit))).toEqual([
            true,
            true,
        ]);

        const again = await host.applyAs(
            asWeb({ roles: ["web"] }),
            file("/etc/web/own"),
            file("/etc/app/both"),
        );
        expect([again.said, host.calls()]).toEqual(["nothing to change\n", []]);
    });

    test("a role that cannot leave stays, and the push says so", async () => {
        await host.applyAs(asApp(), script(leaveScript, "echo 'the last one' >&2; exit 1"));
        const done = await host.applyAs(asWeb({ roles: ["web"] }), file("/etc/web/own"));
        expect(done.status).not.toBe(0);
        expect(done.said).toContain("the last one\n");
        expect([host.isRunning("php.service"), host.exists(leaveScript)]).toEqual([true, true]);
    });

    test("base takes no role away: what takes over is not in place yet", async () => {
        await host.applyAs(asApp(), file("/etc/app/own"));
        await host.applyAs({ role: "base", units: [], roles: ["web"] }, file("/etc/base"));
        expect(host.isRunning("php.service")).toBe(true);
    });

    test("a unit that a role has no more is stopped, unless another role has it", async () => {
        await host.applyAs(asWeb(), file("/etc/web/own"));
        await host.applyAs(asApp(), file("/etc/app/own"));
        host.calls();
        const done = await host.applyAs(asApp({ units: [] }), file("/etc/app/own"));
        expect(done.said).toBe("nothing to change\nstop php.service\n");
        expect(["php.service", "way.service"].map((unit) => host.isRunning(unit))).toEqual([
            false,
            true,
        ]);
    });

    test("an instance of HAProxy goes with its file, also where nobody wrote its name down", async () => {
        await host.applyAs(asApp({ units: ["haproxy@sql.service"] }), file("/etc/haproxy/sql.cfg"));
        host.shell("rm /var/lib/testudo/app/units");
        await host.applyAs(asApp({ units: ["php.service"] }), file("/etc/app/own"));
        expect(host.isRunning("haproxy@sql.service")).toBe(false);
    });

    test("a host that has left keeps its files up to date and its daemons down", async () => {
        await host.applyAs(asApp(), file("/etc/app/own"));
        host.shell("rm /run/units/*; : >/var/lib/testudo/left");
        host.calls();
        const restart = { onChange: "restart php.service" };
        const done = await host.applyAs(asApp(), file("/etc/app/own", "two\n", restart));
        expect(done).toEqual({
            status: 0,
            said: "changed /etc/app/own\nthis host has left; nothing is started\n",
        });
        expect([host.calls(), host.read("/etc/app/own")]).toEqual([[], "two\n"]);
    });
});
