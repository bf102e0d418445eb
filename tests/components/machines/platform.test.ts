import { spawnSync } from "node:child_process";
import { root } from "../../helpers/sources";

test("a stack on Incus does not load the SDK of a cloud, with the loader that Pulumi runs programs with", () => {
    const program = `
        require("@pulumi/pulumi/vendor/ts-node@7.0.1").register({
            compiler: require.resolve("typescript"), transpileOnly: true,
        });
        const { preflight } = require("./components/machines/platform");
        const loaded = () =>
            Object.keys(require.cache).filter((path) => path.includes("@pulumi/aws/")).length;
        const ask = (platform) =>
            preflight({ hosts: [], config: { platform, aws: {}, incus: {} } }).catch(() => undefined);
        ask("incus").then(async () => {
            const before = loaded();
            await ask("aws");
            console.log(JSON.stringify([before, loaded() > 0]));
        });`;
    const { stdout, stderr } = spawnSync("node", ["--eval", program], {
        cwd: root,
        encoding: "utf8",
        timeout: 25_000,
    });
    expect([stdout.trim(), stderr]).toEqual(["[0,true]", ""]);
});
