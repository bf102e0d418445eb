import { readFileSync } from "node:fs";
import { removeClient } from "./client";
import { figure } from "./figures";
import { ours, project, stack, stackFile, tool } from "./lab";
import { must, run } from "./shell";

/** What of the stack is on this machine, whatever Pulumi thinks. */
async function leftovers(): Promise<string[]> {
    const names = async (path: string) =>
        JSON.parse(await must(["incus", "query", path])) as string[];
    const networks = (await names("/1.0/networks")).map((path) => path.split("/").pop() ?? "");
    const projects = (await names("/1.0/projects")).map((path) => path.split("/").pop() ?? "");
    const volumes = await must([
        "incus",
        "storage",
        "volume",
        "list",
        "testudo",
        "--all-projects",
        "--format",
        "csv",
        "--columns",
        "en",
    ]);
    const links = JSON.parse(await must(["ip", "-json", "link"])) as {
        ifname: string;
        master?: string;
    }[];
    const routes = await must(["ip", "-4", "route", "show", "table", "all"]);
    const [, second = ""] = /supernet: 10\.(\d+)\./.exec(readFileSync(stackFile, "utf8")) ?? [];
    const bridge = `td${stack}-`;
    return [
        ...projects.filter((name) => name === project).map((name) => `project ${name}`),
        ...networks.filter((name) => name.startsWith(bridge)).map((name) => `network ${name}`),
        ...volumes
            .split("\n")
            .filter((line) => line.startsWith(`${project},`))
            .map((line) => `volume ${line}`),
        ...links
            .filter((link) => link.ifname.startsWith(bridge) || link.master?.startsWith(bridge))
            .map((link) => `link ${link.ifname}`),
        ...routes
            .split("\n")
            .filter((line) => line.includes(`10.${second}.`))
            .map((line) => `route ${line}`),
        ...((await run(["nft", "list", "table", "inet", project])).code === 0
            ? [`nft table ${project}`]
            : []),
        ...readFileSync("/proc/mounts", "utf8")
            .split("\n")
            .filter((line) => line.includes(project))
            .map((line) => `mount ${line}`),
        ...(await must(["ps", "-eo", "pid,args"]))
            .split("\n")
            .filter(
                (line) =>
                    line.includes(`${bridge}out`) ||
                    line.includes(`${project}/`) ||
                    line.includes(`${project}_`),
            )
            .map((line) => `process ${line}`),
    ];
}

(ours ? describe : describe.skip)("destroy", () => {
    test("it removes everything that up has made", async () => {
        // Else a search that finds nothing would prove nothing.
        expect((await leftovers()).map((one) => one.split(" ")[0])).toEqual(
            expect.arrayContaining(["project", "network", "volume", "link", "route", "nft"]),
        );
        await removeClient();
        const finished = await tool("down", []);
        figure("destroy", finished.seconds, "s");
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        expect(await leftovers()).toEqual([]);
    }, 400_000);
});
