import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The real script, beside a socat that answers as HAProxy 3.0 does.

const script = "config-templates/base/usr/local/lib/testudo/base/keep-servers.mustache";
const fields =
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
const known = (backend: string, name: string) =>
    `5 ${backend} 1 ${name} 10.0.0.1 2 0 1 1 22 15 3 3 6 0 0 0 - 443 - 0 0 - - 0`;

let folder: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-keep-servers-"));
});
afterEach(() => {
    rmSync(folder, { recursive: true });
});

/** Lines that the script adds to what the running process knows. */
function joining(config: string, ...lines: string[]): string[] {
    const answer = ["1", fields, ...lines, ""].join("\n");
    writeFileSync(join(folder, "answer"), answer);
    writeFileSync(join(folder, "socat"), `#!/bin/sh\ncat >/dev/null\ncat ${folder}/answer\n`);
    chmodSync(join(folder, "socat"), 0o755);
    copyFileSync(script, join(folder, "keep-servers"));
    writeFileSync(join(folder, "haproxy.cfg"), config);
    execFileSync(
        "bash",
        [join(folder, "keep-servers"), "/none", `${folder}/haproxy.cfg`, `${folder}/state`],
        { env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` } },
    );
    const kept = readFileSync(join(folder, "state"), "utf8");
    expect(kept.startsWith(answer)).toBe(true);
    return kept.slice(answer.length).split("\n").filter(Boolean);
}

test("a server that joins others starts DOWN", () => {
    const config = `
backend web
    default-server ssl crt x check inter 1s
    server web1 10.0.0.1:443 id 1
    server web2 10.0.0.2:8443 id 7 verifyhost web2
`;
    expect(joining(config, known("web", "web1"))).toEqual([
        "0 web 7 web2 10.0.0.2 0 0 1 1 0 1 0 0 6 0 0 0 - 8443 - 1 0 - - 0",
    ]);
});

test("whether it speaks TLS is said by its line, its section or the defaults: HAProxy believes the state file", () => {
    const config = (defaults: string, section: string, line: string) => `
defaults
    timeout check 1s
${defaults}
backend web
${section}
    server web1 10.0.0.1:443 check
    server web2 10.0.0.2:443 check ${line}
`;
    const tls = (...parts: [string, string, string]) =>
        joining(config(...parts), known("web", "web1")).map((line) => line.split(" ")[20]);
    expect(tls("    default-server ssl crt x", "", "")).toEqual(["1"]);
    expect(tls("", "    default-server ssl crt x", "")).toEqual(["1"]);
    expect(tls("", "", "ssl verify required")).toEqual(["1"]);
    expect(tls("", "    default-server check-ssl inter 1s", "")).toEqual(["0"]);
});

test("nothing is added where every server is known", () => {
    const config = "backend web\n    server web1 10.0.0.1:443 check inter 1s\n";
    expect(joining(config, known("web", "web1"))).toEqual([]);
});

test("a backend that is new starts as it is: there is nobody else", () => {
    const config = "backend web\n    server web1 10.0.0.1:443 check inter 1s\n";
    expect(joining(config, known("php", "app1"))).toEqual([]);
});

test("a server without checks of its own would stay DOWN for ever, and is left alone", () => {
    const config = `
backend any
    server app1 10.0.0.1:9000
    server app2 10.0.0.2:9000
backend again
    server app1 10.0.0.1:9000 track php/app1 tcp-ut 1500ms
    server app2 10.0.0.2:9000 track php/app2 tcp-ut 1500ms
peers choosers
    server lb2 10.0.0.3:1024 check inter 1s
`;
    expect(joining(config, known("any", "app1"), known("again", "app1"))).toEqual([]);
});
