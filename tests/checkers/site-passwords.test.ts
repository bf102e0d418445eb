import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderRole } from "../../components/host/render";
import { app } from "../../components/roles/app-tier";
import { fileOf, placeholders } from "../helpers/facts";
import { hostOf, planOf } from "../helpers/plans";
import { inImage, withWork } from "./image";

// What a change of passwords does in the image's own database and WordPress.

const plan = planOf();

test("the database accepts new beside old until old is retired; the administrator's password changes when asked to", () => {
    withWork((work) => {
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
        expect(inImage(work, "/run/work/site-passwords").said).toBe("done\n");
    });
}, 120_000);
