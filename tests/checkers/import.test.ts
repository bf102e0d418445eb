import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { fileOf } from "../helpers/facts";
import { planOf } from "../helpers/plans";

// What an import does on a host that runs PHP, by the image's own PHP.

const rootfs = process.env.TESTUDO_ROOTFS ?? "";
const plan = planOf();

test("addresses are replaced in whatever WordPress keeps, and nothing else is", () => {
    if (process.getuid?.() !== 0 || rootfs === "")
        throw new Error("this runs as root in the image's root file system: make checkers");
    const [app] = hostsOf(plan, "app");
    if (app === undefined) throw new Error("no such host");
    const work = mkdtempSync(join(tmpdir(), "testudo-import-"));
    try {
        cpSync(join(__dirname, "php", "import-text.test.php"), join(work, "test.php"));
        writeFileSync(
            join(work, "import-text.php"),
            fileOf(plan, app, "/usr/local/lib/testudo/app/import-text.php"),
        );
        const { stdout, stderr } = spawnSync(
            join(__dirname, "in-image"),
            [
                rootfs,
                work,
                "php -d display_errors=1 -d memory_limit=512M /run/work/test.php /run/work/import-text.php $RANDOM",
            ],
            { encoding: "utf8" },
        );
        expect((stdout + stderr).slice(0, 2000)).toBe("done\n");
    } finally {
        rmSync(work, { recursive: true });
    }
});
