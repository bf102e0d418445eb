import type { Plan } from "../../../components/cluster/plan";
import { renderRole, type RenderedFile } from "../../../components/host/render";
import { allowedNames, gluster } from "../../../components/roles/gluster-volume";
import { hostOf, planOf as planWith, roleFaults, type Values } from "../../helpers/plans";

const canary = "CANARY";
const credentials = { certificate: "certificate\n", key: `${canary}key\n`, ca: "ca\n" };

function planOf(values: Values = {}): Plan {
    return planWith({ preset: "full", ...values });
}

function filesOf(plan: Plan, name = "storage1"): RenderedFile[] {
    return renderRole(gluster, { plan, host: hostOf(plan, name), credentials });
}

function textOf(plan: Plan, path: string, name = "storage1"): string {
    const file = filesOf(plan, name).find((one) => one.path === path);
    if (file === undefined) throw new Error(`${name} has no ${path}`);
    return file.content;
}

/** The options that `apply-runtime` sets. */
function optionsOf(plan: Plan): Record<string, string> {
    const lines = textOf(plan, "/etc/testudo/storage/volume.options").split("\n");
    return Object.fromEntries(
        lines.filter((line) => /^[a-z]/.test(line)).map((line) => line.split(" ")),
    ) as Record<string, string>;
}

test("the volume opens to certificates of storage, web and app hosts and of no other", () => {
    const plan = planOf({ web: { count: 3 }, storage: { count: 4 } });
    const names = [
        ...["storage1", "storage2", "storage3", "storage4"],
        ...["app1", "app2"],
        ...["web1", "web2", "web3"],
    ];
    expect(allowedNames(plan)).toEqual(names);
    expect(optionsOf(plan)).toMatchObject({
        "auth.ssl-allow": names.join(","),
        "client.ssl": "on",
        "server.ssl": "on",
    });
    expect(textOf(plan, "/usr/local/lib/testudo/storage/guard")).toContain("ssl-cert-depth 1");
});

test("every line of options is a name and one value", () => {
    const lines = textOf(planOf(), "/etc/testudo/storage/volume.options").split("\n");
    const wrong = lines.filter((line) => !/^(#.*|[a-z]+\.[a-z-]+ \S+|)$/.test(line));
    expect(wrong).toEqual([]);
});

test("a side that lost the others takes no writes, and nobody waits 42 s for a host that is gone", () => {
    expect(optionsOf(planOf())).toMatchObject({
        "cluster.quorum-type": "auto",
        "cluster.server-quorum-type": "server",
        "network.ping-timeout": "5",
        "performance.nl-cache": "off",
    });
});

test("glusterd gives bricks the ports that the firewall lets through, and the kernel gives them to nobody", () => {
    const network = gluster.listens.map(({ port }) => port);
    expect(network).toEqual([24007, 49152, 49153, 49154, 49155]);
    const daemon = textOf(planOf(), "/etc/glusterfs/glusterd.vol");
    expect(daemon).toContain("option transport.socket.listen-port 24007\n");
    expect(daemon).toContain("option base-port 49152\n");
    expect(daemon).toContain("option max-port 49155\n");
    expect(textOf(planOf(), "/etc/sysctl.d/61-testudo-storage.conf")).toContain(
        "ip_local_reserved_ports = 24007,49152-49155\n",
    );
});

test("members, web and app hosts reach every port, and nobody else any", () => {
    const flows = gluster.flows(planOf());
    expect(new Set(flows.map(({ from }) => from))).toEqual(new Set(["storage", "web", "app"]));
    for (const from of ["storage", "web", "app"])
        expect(flows.filter((flow) => flow.from === from).map(({ port }) => port)).toEqual(
            gluster.listens.map(({ port }) => port),
        );
    expect(gluster.flows(planWith())).toEqual([]);
});

test("state and brick lie on the data volume, the brick below its top", () => {
    const plan = planOf();
    const mount = hostOf(plan, "storage1").data?.path ?? "";
    expect(textOf(plan, "/etc/glusterfs/glusterd.vol")).toContain(
        `option working-directory ${mount}/glusterd\n`,
    );
    expect(textOf(plan, "/etc/testudo/storage/cluster.env")).toContain(
        `\nbrick=${mount}/uploads\n`,
    );
});

test("a host that leaves is no member to be brought in", () => {
    const plan = planOf({ storage: { count: 4 }, hosts: { storage2: { state: "leaving" } } });
    for (const name of ["storage1", "storage2"])
        expect(textOf(plan, "/etc/testudo/storage/cluster.env", name)).toContain(
            '\nmembers="storage1 storage3 storage4"\n',
        );
});

test("nothing that the plan can change restarts a daemon", () => {
    const before = new Map(filesOf(planOf()).map((file) => [file.path, file.content]));
    const after = filesOf(planOf({ storage: { count: 5, dataGiB: 20 }, web: { count: 4 } }));
    const changed = after.filter((file) => file.content !== before.get(file.path));
    expect(changed.map((file) => [file.path, file.onChange])).toEqual([
        ["/etc/testudo/storage/cluster.env", "none"],
        ["/etc/testudo/storage/volume.options", "run /usr/local/lib/testudo/storage/apply-runtime"],
    ]);
});

test("the key is its owner's alone", () => {
    const secret = filesOf(planOf()).filter((file) => file.content.includes(canary));
    expect(secret.map((file) => [file.path, file.owner, file.mode])).toEqual([
        ["/etc/ssl/glusterfs.key", "root:root", "0600"],
    ]);
});

test.each([
    [{ arbiter: true }, {}, undefined],
    [{ arbiter: true, count: 4 }, {}, "needs exactly 3 storage hosts that stay"],
    [{ arbiter: true, count: 4 }, { hosts: { storage4: { state: "leaving" } } }, undefined],
    [{ count: 5 }, {}, undefined],
])("storage %j, %j: %s", (storage, others, rule) => {
    const faults = roleFaults(gluster, { preset: "full", storage, ...others });
    expect(faults).toHaveLength(rule === undefined ? 0 : 1);
    if (rule !== undefined) {
        expect(faults[0]).toContain("testudo:storage.arbiter: ");
        expect(faults[0]).toContain(rule);
    }
});
