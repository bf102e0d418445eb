import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderRole } from "../../components/host/render";
import { app } from "../../components/roles/app-tier";
import { fileOf, placeholders } from "../helpers/facts";
import { hostOf, planOf } from "../helpers/plans";

// What a change of passwords does in the image's own database and WordPress.

const rootfs = process.env.TESTUDO_ROOTFS ?? "";
const plan = planOf();

test("the database accepts new beside old until old is retired; the administrator's password changes when asked to", () => {
    if (process.getuid?.() !== 0 || rootfs === "")
        throw new Error("this runs as root in the image's root file system: make checkers");
    const work = mkdtempSync(join(tmpdir(), "testudo-passwords-"));
    try {
        cpSync(join(__dirname, "site-passwords"), join(work, "site-passwords"));
        cpSync(join(__dirname, "php", "logins.php"), join(work, "logins.php"));
        const library = "/usr/local/lib/testudo";
        const web = hostOf(plan, "web1");
        const files = renderRole(app, {
            plan,
            host: web,
            credentials: placeholders.credentials("web1", "app"),
            databasePassword: "one",
            salts: "salts",
            mailPassword: null,
            cachePasswords: null,
            monitorPassword: null,
        });
        const config = files.find(({ path }) => path === "/etc/testudo/wp-config.php");
        writeFileSync(join(work, "wp-config.php"), config?.content ?? "");
        writeFileSync(
            join(work, "mariadb.sh"),
            fileOf(plan, hostOf(plan, "db1"), `${library}/database/mariadb.sh`),
        );
        writeFileSync(join(work, "install.php"), fileOf(plan, web, `${library}/app/install.php`));
        const { stdout, stderr } = spawnSync(
            join(__dirname, "in-image"),
            [rootfs, work, "/run/work/site-passwords"],
            { encoding: "utf8" },
        );
        expect(stdout + stderr).toBe("done\n");
    } finally {
        rmSync(work, { recursive: true });
    }
}, 120_000);
