import { PrivateHost } from "../helpers/private-host";
import { textOf } from "../helpers/sources";

// How missing packages come to a host: the engine's own script, with stand-ins for apt and dpkg.

const missing = PrivateHost.missing();
const here = missing === undefined ? describe : describe.skip;

here(`installing packages${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
    let host: PrivateHost;
    beforeEach(() => {
        host = new PrivateHost();
        host.shell(`mkdir -p /run/bundle /var/tmp /var/lib/mysql
        printf '#!/bin/sh\\nexit 1\\n' >/stubs/dpkg-query
        printf '#!/bin/sh\\necho "$*" >>/run/apt; case "$*" in *install*) echo tables >/var/lib/mysql/ibdata1 ;; esac\\n' >/stubs/apt-get
        printf '#!/bin/sh\\n[ "$2" = "$(cat /run/mounted 2>/dev/null)" ]\\n' >/stubs/mountpoint
        for name in useradd groupadd sleep; do printf '#!/bin/sh\\necho "\${0##*/} $*" >>/run/made\\n' >/stubs/$name; done
        chmod 0755 /stubs/*
        sed -i -e '/^mysql:/d' -e '/^redis:/d' /etc/passwd /etc/group`);
    });
    afterEach(() => {
        host.remove();
    });
    const install = (...packages: string[]) =>
        host.shell(`cat >/run/packages.sh <<'ENGINE'
${textOf("config-templates/_shared/engine/packages").replaceAll("/usr/sbin/policy", "/run/policy")}
ENGINE
        set -euo pipefail
        bundle=/run/bundle
        say() { printf '%s\\n' "$*"; }
        fail() { say "$*"; exit 1; }
        . /run/packages.sh
        printf '%s\\n' ${packages.join(" ")} >"$bundle/packages"
        : >/run/made
        install_packages`);

    test("a package finds an empty place where a data volume is mounted, and the volume stays as it was", () => {
        host.shell("echo /var/lib/mysql >/run/mounted; touch /var/lib/mysql/grastate.dat");
        install("mariadb-server", "socat");
        expect(host.read("/run/apt")).toMatch(/ install mariadb-server socat$/m);
        expect(host.shell("ls /var/lib/mysql /var/tmp")).toBe(
            "/var/lib/mysql:\ngrastate.dat\n\n/var/tmp:\n",
        );
    });

    test("without a volume it fills its own place", () => {
        install("mariadb-server");
        expect(host.read("/var/lib/mysql/ibdata1")).toBe("tables\n");
    });

    test("owners of data get the image's numbers, unless somebody has them", () => {
        install("mariadb-server", "redis-server", "curl");
        expect(host.read("/run/made")).toMatch(
            /^groupadd --system --gid 851 mysql\nuseradd --system --uid 851 --gid mysql .*\ngroupadd --system --gid 852 redis\nuseradd .*\n$/,
        );
        host.shell("echo somebody:x:851: >>/etc/group; echo redis:x:112: >>/etc/group");
        install("mariadb-server", "redis-server");
        expect(host.read("/run/made")).toBe("");
    });
});
