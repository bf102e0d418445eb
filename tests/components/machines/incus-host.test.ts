import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { spawnSync } from "node:child_process";

// The script that makes a machine, against an Incus whose file server ends as it is asked.

const script = join(__dirname, "../../../components/machines/incus/host");

/** Knows no instance; the first `refusals` files are not taken. What is pushed is kept, each file's content in a line. */
const incus = `#!/bin/bash
here=\${0%/*}
case "$*" in
config\\ show*) exit 1 ;;
file\\ push*)
    text=$(cat)
    echo >>"$here/asked"
    if [ "$(wc -l <"$here/asked")" -le "$REFUSALS" ]; then echo 'Error: EOF' >&2; exit 1; fi
    printf '%s %s\\n' "\${4#*:}" "\${text//$'\\n'/;}" >>"$here/files"
    ;;
*) cat >/dev/null ;;
esac
`;

let folder: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-host-"));
    writeFileSync(join(folder, "incus"), incus);
    chmodSync(join(folder, "incus"), 0o755);
});
afterEach(() => {
    rmSync(folder, { recursive: true });
});

function create(refusals: number) {
    const request = {
        ...{ remote: "local", project: "testudo-test", host: "web1", pool: "testudo", nonce: "1" },
        ...{
            image: "testudo/0123456789ab",
            diskGiB: 8,
            address: "10.92.2.21",
            bridge: "tdtest-web",
        },
        ...{ netmask: "255.255.255.0", gateway: "10.92.2.1", hardwareAddress: "02:00:00:00:00:01" },
        ...{
            hostKey: "-----BEGIN\nkey\nEND-----\n",
            authorizedKey: "ssh-ed25519 A",
            memoryMiB: 256,
        },
    };
    return spawnSync("bash", [script, "create"], {
        input: JSON.stringify(request),
        encoding: "utf8",
        env: {
            ...process.env,
            PATH: [folder, process.env.PATH ?? ""].join(delimiter),
            REFUSALS: String(refusals),
        },
    });
}

test("a file that the ending file server did not take is pushed again, whole", () => {
    const { status, stderr } = create(1);
    expect([status, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "files"), "utf8").split("\n")).toEqual([
        "web1/etc/hostname web1",
        expect.stringContaining("web1/etc/network/interfaces auto lo;iface lo"),
        "web1/etc/ssh/ssh_host_ed25519_key -----BEGIN;key;END-----",
        "web1/root/.ssh/authorized_keys ssh-ed25519 A",
        "",
    ]);
});

test("one that is not taken twice ends the making, with Incus' words", () => {
    const { status, stderr } = create(2);
    expect(status).not.toBe(0);
    expect(stderr).toBe("Error: EOF\n");
});
