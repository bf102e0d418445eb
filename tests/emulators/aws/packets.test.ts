import { join } from "node:path";
import { run } from "../../e2e/shell";

const isRoot = process.getuid?.() === 0;
const here = isRoot ? describe : describe.skip;

here(`the emulated network${isRoot ? "" : " (skipped: namespaces need root)"}`, () => {
    test("real packets pass where two groups agree and an address leads there, and nowhere else", async () => {
        const finished = await run(
            [
                ...["unshare", "--net", "--mount", "--propagation", "private"],
                ...["python3", join(__dirname, "packets.py")],
            ],
            { env: { PYTHONPATH: __dirname }, timeoutSeconds: 100 },
        );
        const answers = finished.stdout
            .trim()
            .split("\n")
            .filter((line) => line.startsWith("["))
            .map((line) => JSON.parse(line) as [string, string]);
        expect([finished.text.replace(finished.stdout, ""), Object.fromEntries(answers)]).toEqual([
            "",
            {
                "visitor → site": "198.51.100.50",
                "visitor → sshd": "closed",
                "visitor → private address": "closed",
                "operator → sshd": "198.51.100.1",
                "balancer → web": "10.94.0.11",
                "web → db in one subnet": "10.94.1.21",
                "db → web in one subnet": "closed",
                "balancer → db, which does not let it in": "closed",
                "balancer → balancer, which it may not leave for": "closed",
                "balancer → visitor, by its own address": "203.0.113.11",
                "web → visitor, by the gateway": "203.0.113.20",
                "second balancer → site by the public address": "203.0.113.12",
                "web → site by the public address": "203.0.113.20",
                "balancer → the real internet": "closed",
                "visitor → site, moved": "198.51.100.50",
                "db → visitor from an address that is not its own": "closed",
                "packets dropped for it": "some",
            },
        ]);
    }, 120_000);
});
