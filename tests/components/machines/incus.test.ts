import * as pulumi from "@pulumi/pulumi";
import { IncusMachines } from "../../../components/machines/incus";
import type { IncusFacts } from "../../../components/machines/incus-preflight";
import { Trust } from "../../../components/trust";
import { hostOf, planOf, type Values } from "../../helpers/plans";
import { canary, isSecret, record, remembered, type Recording } from "../../helpers/record";

const facts: IncusFacts = {
    faults: [],
    warnings: [],
    machineId: (host) => `nonce-${host}`,
    isLiving: () => false,
    volumeId: (host) => `volume-${host}`,
    projectId: "nonce-project",
    networkId: "nonce-network",
    imageOf: (host) => `testudo/of-${host}`,
    borderId: "0123456789abcdef",
};

const recordHosts = remembered((names: string[], values: Values = {}) => {
    const plan = planOf(values);
    return record(() => {
        const machines = new IncusMachines("incus", plan, new Trust("trust"), facts);
        const tier = new pulumi.ComponentResource("testudo:index:Tier", "db");
        machines.border("dmz-border", [], { parent: tier });
        for (const name of names) machines.host(hostOf(plan, name), { parent: tier });
    });
});

const requestOf = (recording: Recording, name: string) =>
    JSON.parse(String(recording.get(name).inputs.stdin)) as Record<string, unknown>;

test("project, bridges, volume, machine: each after what it needs (mocks)", async () => {
    const made = await recordHosts(["db1"]);
    expect(made.childrenOf("incus")).toEqual(["incus-network", "incus-project"]);
    expect(made.childrenOf("db")).toEqual(["dmz-border", "incus-db1", "incus-db1-data"]);
    expect(made.get("incus-network").waitsFor).toEqual(["incus-project"]);
    expect(made.get("dmz-border").waitsFor).toEqual(["incus-network"]);
    expect(made.get("incus-db1-data").waitsFor).toEqual(["incus-project"]);
    expect(made.get("incus-db1").waitsFor).toEqual(
        expect.arrayContaining(["incus-network", "incus-db1-data"]),
    );
});

test("a machine with a fixed name goes before its successor comes, and its nonce decides (mocks)", async () => {
    const machine = (await recordHosts(["db1"])).get("incus-db1");
    expect(machine.deleteBeforeReplace).toBe(true);
    expect(machine.inputs.triggers).toEqual(["nonce-db1"]);
    expect(machine.inputs).toMatchObject({
        create: "components/machines/incus/host create",
        update: "components/machines/incus/host update",
        delete: "components/machines/incus/host delete",
    });
});

test("only a host with data has a volume, and no volume hangs on a machine's identity (mocks)", async () => {
    const made = await recordHosts(["lb1", "db1"]);
    expect(made.names).not.toContain("incus-lb1-data");
    expect(made.get("incus-db1-data").inputs.triggers).toEqual([]);
    expect(requestOf(made, "incus-db1-data")).toMatchObject({ volume: "db1-data", sizeGiB: 10 });
    expect(requestOf(made, "incus-db1").data).toEqual({
        volume: "db1-data",
        path: "/var/lib/mysql",
    });
    expect(requestOf(made, "incus-lb1").data).toBeNull();
});

test("a machine is asked for with all that it is, its host key as a secret (mocks)", async () => {
    const made = await recordHosts(["db1"], { hosts: { db1: { memoryMiB: 2048 } } });
    expect(isSecret(made.get("incus-db1").sent.stdin)).toBe(true);
    expect(requestOf(made, "incus-db1")).toMatchObject({
        remote: "local",
        project: "testudo-test",
        pool: "testudo",
        host: "db1",
        nonce: "nonce-db1",
        image: "testudo/of-db1",
        bridge: "tdtest-prv",
        address: "10.91.1.41",
        netmask: "255.255.255.0",
        gateway: "10.91.1.1",
        memoryMiB: 2048,
        hostKey: canary("trust-host-key-db1"),
        authorizedKey: "ssh-ed25519 PUBLIC-trust-client-key",
    });
});

test("balancers are made first, through which all are reached; then databases, whose members join one after another (mocks)", async () => {
    const made = await recordHosts(["lb1", "lb2", "db1", "db2", "web1"]);
    const machinesBefore = (host: string) =>
        made.get(`incus-${host}`).waitsFor.filter((name) => /^incus-[a-z]+\d$/.test(name));
    expect(machinesBefore("lb2")).toEqual([]);
    expect(machinesBefore("db2").sort()).toEqual(["incus-lb1", "incus-lb2"]);
    expect(machinesBefore("web1").sort()).toEqual([
        "incus-db1",
        "incus-db2",
        "incus-lb1",
        "incus-lb2",
    ]);
    expect(made.get("incus-db1-data").waitsFor).toEqual(["incus-project"]);
});

test("bridges carry the routers' addresses (mocks)", async () => {
    expect(requestOf(await recordHosts([]), "incus-network").bridges).toEqual([
        { bridge: "tdtest-pub", address: "10.91.0.1/24" },
        { bridge: "tdtest-prv", address: "10.91.1.1/24" },
        { bridge: "tdtest-out", address: "10.91.2.1/24" },
    ]);
});

test("balancers, and only they, are exposed on a port each of the machine (mocks)", async () => {
    const made = await recordHosts(["lb1", "lb2", "web1"], { incus: { exposePort: 8443 } });
    expect(["lb1", "lb2", "web1"].map((host) => requestOf(made, `incus-${host}`).expose)).toEqual([
        8443,
        8444,
        null,
    ]);
});

test("bricks get the kernel's trusted attributes, whoever mounts them FUSE, and nobody anything else (mocks)", async () => {
    const names = ["lb1", "db1", "storage1", "app1", "web1"];
    const privilegesOf = async (values: Values) => {
        const made = await recordHosts(names, values);
        return names.map((host) => requestOf(made, `incus-${host}`).privileges);
    };
    expect(await privilegesOf({ preset: "full" })).toEqual([
        [],
        [],
        ["trusted-attributes"],
        ["fuse"],
        ["fuse"],
    ]);
});
