import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { client, curl } from "../e2e/client";
import { whole } from "../e2e/cluster";
import { figure } from "../e2e/figures";
import { changed, incus, instances, outputs, reportFolder, sh, tool, up } from "../e2e/lab";
import { makeVisitor, publicPlace } from "./visitor";
import { attach, emulator, file, needsUp } from "./world";

beforeAll(attach);

test("the unchanged program brings the cluster up on machines whose own cloud-init has read their user-data", async () => {
    writeFileSync(join(reportFolder, "empty.json"), JSON.stringify(await emulator.inventory()));
    const finished = await tool("up", [], { file });
    figure("emulated EC2: up", finished.seconds, "s");
    expect(finished.text.slice(-4000)).toContain("site  ");
    expect(finished.code).toBe(0);
    figure("emulated EC2: resources", new Set(changed(finished)).size, "");
    writeFileSync(join(reportFolder, "up"), "");
    figure("emulated EC2: full redundancy after up", await whole(300), "s");
    await makeVisitor();
    for (const { name } of (await instances()).filter((one) => one.config["user.aws.instance"])) {
        const said = await sh(name, "cloud-init status --format json || true");
        expect([name, JSON.parse(said)]).toMatchObject([name, { status: "done", errors: [] }]);
    }
}, 1_200_000);

describe("once it is up", () => {
    beforeAll(needsUp);

    test("a visitor fetches the page at the elastic address, over TLS that the stack's authority vouches for", async () => {
        const { siteUrl } = await publicPlace();
        const page = await curl([siteUrl]);
        expect(page).toContain("</html>");
        expect(page).toContain("wp-block-site-title");
    });

    test("a host's data lie on its volume, under the path that its user-data name", async () => {
        const [host = ""] = Object.keys((await outputs()).hosts).filter((name) => name === "db1");
        const volume = await emulator.dataVolume(host);
        expect(await sh(host, "grep ' /var/lib/mysql ' /proc/self/mountinfo")).toContain("/fs ");
        expect(await incus(["config", "device", "get", host, volume, "source"])).toBe(volume);
    });

    test("user-data and credentials are root's alone, and nobody has them without a token", async () => {
        const ask = (user: string, url: string) =>
            sh(
                "lb1",
                `runuser -u ${user} -- curl --silent --max-time 3 --output /dev/null --write-out '%{http_code}' ${url} || true`,
            );
        const url = "http://169.254.169.254/latest/user-data";
        expect(await ask("root", url)).toBe("401");
        expect(await ask("nobody", url)).toBe("000");
    });

    test("security groups close what no flow declares: from outside, and between neighbours", async () => {
        const { hosts } = await outputs();
        const { publicAddress } = await publicPlace();
        const answer = (from: string, address: string, port: number) =>
            sh(
                from,
                `timeout 3 bash -c '</dev/tcp/${address}/${port}' && echo open || echo closed`,
            );
        expect(await answer(client, publicAddress, 443)).toBe("open");
        for (const port of [22, 3306, 8404])
            expect(await answer(client, publicAddress, port)).toBe("closed");
        expect(await answer("lb1", hosts.db1?.address ?? "", 3306)).toBe("closed");
    });

    test("a second up changes nothing", async () => {
        const finished = await up(["--expect-no-changes"], { file });
        figure("emulated EC2: up without changes", finished.seconds, "s");
        expect([finished.code, finished.text.slice(-1500)]).toEqual([0, expect.anything()]);
    }, 300_000);
});
