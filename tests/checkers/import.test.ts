import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { fileOf } from "../helpers/facts";
import { planOf } from "../helpers/plans";
import { inImage, withWork } from "./image";

// What an import does on a host that runs PHP, by the image's own PHP.

const plan = planOf();

test("addresses are replaced in whatever WordPress keeps, and nothing else is", () => {
    const [app] = hostsOf(plan, "app");
    if (app === undefined) throw new Error("no such host");
    withWork((work) => {
        cpSync(join(__dirname, "php", "import-text.test.php"), join(work, "test.php"));
        writeFileSync(
            join(work, "import-text.php"),
            fileOf(plan, app, "/usr/local/lib/testudo/app/import-text.php"),
        );
        const { said } = inImage(
            work,
            "php -d display_errors=1 -d memory_limit=512M /run/work/test.php /run/work/import-text.php $RANDOM",
        );
        expect(said.slice(0, 2000)).toBe("done\n");
    });
});
