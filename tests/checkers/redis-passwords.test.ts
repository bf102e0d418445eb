import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostsOf } from "../../components/cluster/plan";
import { renderRole } from "../../components/host/render";
import { redis, type RedisPasswords } from "../../components/roles/redis-sentinel";
import { planOf } from "../helpers/plans";
import { inImage, withWork } from "./image";

// A change of all of Redis' passwords on three members, by the image's own Redis, Sentinel and HAProxy, each member in
// a network and with files of its own. What systemd does is done by a stand-in.

const plan = planOf({ preset: "full" });
const members = hostsOf(plan, "cache");
const accounts = ["sessions", "objects", "replication", "sentinel", "gate", "operator"] as const;

function passwordsOf(generation: number): RedisPasswords {
    const all = accounts.map((account) => [account, `${account}PasswordOfGeneration${generation}`]);
    return Object.fromEntries(all) as RedisPasswords;
}

test("members begin to use new passwords when all accept them, and refuse the old at last: no write fails", () => {
    withWork((work) => {
        for (const tool of ["make-keys", "redis-passwords"])
            cpSync(join(__dirname, tool), join(work, tool));
        mkdirSync(join(work, "keys"));
        const subjects = members.map(
            ({ name, address }) => `${name}:cache:DNS=${name},IP=${address}`,
        );
        const keys = inImage(
            work,
            `/run/work/make-keys /run/work/keys ${subjects.join(" ")} app1:app:DNS=app1`,
        );
        if (keys.status !== 0) throw new Error(keys.said);
        const key = (name: string) => readFileSync(join(work, "keys", name), "utf8");
        for (const generation of [1, 2]) {
            const passwords = passwordsOf(generation);
            for (const host of members) {
                const credentials = {
                    certificate: key(`${host.name}-cache.pem`),
                    key: key(`${host.name}-cache.key`),
                    ca: key("ca.pem"),
                };
                const folder = join(work, `generation${generation}`, host.name);
                for (const file of renderRole(redis, { plan, host, credentials, passwords })) {
                    const path = join(folder, "files", file.path);
                    mkdirSync(dirname(path), { recursive: true });
                    writeFileSync(path, file.content);
                    const line = [file.path, file.owner, file.mode, file.onChange, file.check];
                    writeFileSync(join(folder, "manifest"), `${line.join("\t")}\n`, { flag: "a" });
                }
            }
            mkdirSync(join(work, `values${generation}`));
            for (const [account, password] of Object.entries(passwords))
                writeFileSync(join(work, `values${generation}`, account), String(password));
        }
        const places = members.map(({ name, address }) => `${name}=${address}`).join(" ");
        const done = inImage(work, `/run/work/redis-passwords ${places}`);
        expect(done.said.split("\n").slice(-12).join("\n")).toMatch(
            /^writes: [1-9]\d*, failed: 0\ndone\n$/m,
        );
    });
}, 300_000);
