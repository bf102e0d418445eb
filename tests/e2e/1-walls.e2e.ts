import type { RoleName } from "../../components/cluster/types";
import { client, clientAddress, doors } from "./client";
import { missing } from "./cluster";
import { addressOf, hostsOf, needsUp, outputs } from "./lab";

beforeAll(needsUp);

describe("what no flow declares is closed", () => {
    test("from outside only the site's doors are open, on every balancer", async () => {
        const { vip, hosts } = await outputs();
        const targets: string[] = [];
        for (const [name, host] of Object.entries(hosts))
            for (const port of doorsOf(host.roles))
                targets.push(`${await addressOf(name)}:${port}`);
        const open = await doors(client, [`${vip}:443`, `${vip}:80`]);
        expect(open.map((door) => door.answer)).toEqual(["open", "open"]);
        const closed = await doors(client, [...targets, `${vip}:22`, `${vip}:2222`, `${vip}:8405`]);
        expect(closed.filter((door) => door.answer === "open").map((door) => door.target)).toEqual(
            [],
        );
    });

    test("those doors are there: each is open to somebody", async () => {
        const [member = "", , ...rest] = await hostsOf("database");
        const [web = ""] = await hostsOf("web");
        const [balancer = ""] = await hostsOf("load-balancer");
        expect(rest).toHaveLength(1);
        const [chooser = (await hostsOf("app"))[0] ?? ""] = await hostsOf("inner-load-balancer");
        const fromChooser = await doors(chooser, [
            `${await addressOf(member)}:3307`,
            `${await addressOf(member)}:9200`,
        ]);
        const fromBalancer = await doors(balancer, [
            `${await addressOf(web)}:8443`,
            `${await addressOf(web)}:22`,
            `${await addressOf(member)}:22`,
        ]);
        expect([...fromChooser, ...fromBalancer].map((door) => door.answer)).toEqual([
            "open",
            "open",
            "open",
            "open",
            "open",
        ]);
    });

    test("inside, a host that is taken over opens nothing that its role does not need", async () => {
        const [member = "", other = ""] = await hostsOf("database");
        const [web = "", sister = ""] = await hostsOf("web");
        const [balancer = ""] = await hostsOf("load-balancer");
        const at = async (host: string, ...ports: number[]) => {
            const address = await addressOf(host);
            return ports.map((port) => `${address}:${port}`);
        };
        const tries: [string, string[]][] = [
            [
                member,
                [
                    ...(await at(web, 8443, 22, 10000)),
                    ...(await at(balancer, 22, 443)),
                    ...(await at(other, 3306, 22)),
                ],
            ],
            [
                web,
                [
                    ...(await at(sister, 8443, 22)),
                    ...(await at(member, 22, 3306, 4567)),
                    ...(await at(balancer, 22, 10000, 8405)),
                ],
            ],
            [balancer, await at(member, 3306, 3307, 9200, 4567)],
        ];
        const opened: string[] = [];
        for (const [from, targets] of tries) {
            for (const door of await doors(from, targets))
                if (door.answer === "open") opened.push(`${from} to ${door.target}`);
        }
        expect(opened).toEqual([]);
    });

    test("a host that asks for what is closed is told so at once", async () => {
        const outside = await clientAddress();
        for (const host of [...(await hostsOf("web")), ...(await hostsOf("database"))]) {
            const [door] = await doors(host, [`${outside}:443`]);
            expect(door).toMatchObject({ answer: "refused" });
            expect(door?.seconds).toBeLessThan(1);
        }
    });

    test("nothing of this has hurt the cluster", async () => {
        expect(await missing()).toEqual([]);
    });
});

/** Every port that something on the host listens on for others of the stack. */
function doorsOf(roles: readonly RoleName[]): number[] {
    const ports: Record<RoleName, number[]> = {
        "load-balancer": [2222, 8405, 10000],
        web: [8443, 8444, 8080],
        app: [9443, 9444, 3306, 3307, 6379, 6380, 10000],
        "inner-load-balancer": [3306, 3307, 6379, 6380, 10000],
        database: [3306, 3307, 4567, 4568, 4444, 9200, 9201],
        cache: [6379, 6380, 9379, 16379, 16380, 26379],
        storage: [24007, 24008, 49152],
        ops: [],
    };
    return [22, ...roles.flatMap((role) => ports[role])];
}
