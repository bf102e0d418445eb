import * as pulumi from "@pulumi/pulumi";
import main from "../index";
import { bundleText } from "./helpers/bundles";
import { FakeIncus } from "./helpers/fake-incus";
import { otherEngines, rawConfig } from "./helpers/plans";
import { canary, isSecret, leaks, record, remembered, type RecordOptions } from "./helpers/record";

// The whole program with what needs vendors' packages, against mocks and a stand-in for incus.

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
    pulumi.runtime.setAllConfig(rawConfig(otherEngines));
});
afterEach(() => {
    incus.remove();
});

const program = remembered((options: RecordOptions) => {
    incus.images({
        alias: "testudo/vendors",
        packages:
            "percona-xtrabackup-84=8.4.0-4 percona-xtradb-cluster-server=1:8.4.7-7 proxysql=3.0.8",
    });
    return record(main, options);
});

test("without the packages nothing is registered, and each is named", async () => {
    const refused: unknown[] = [];
    const made = await record(() => main().catch((error: unknown) => refused.push(error)));
    expect(made.all).toEqual([]);
    for (const name of ["proxysql", "percona-xtradb-cluster-server", "percona-xtrabackup-84"])
        expect(String(refused[0])).toContain(name);
});

test("with them a preview of a new stack registers the same as an up", async () => {
    const [preview, up] = [await program({ preview: true }), await program({ preview: false })];
    expect(preview.names.sort()).toEqual(up.names.sort());
    expect(up.names).toContain("db-monitor-password");
});

test("the monitor's password goes to form, retire and PHP's hosts, and stands nowhere outside of an envelope", async () => {
    const made = await program({ preview: false });
    expect(made.all.flatMap((one) => leaks(one.sent).map((at) => `${one.name}: ${at}`))).toEqual(
        [],
    );
    const knowing = made.all
        .filter((one) => leaks(one.inputs, [canary("db-monitor-password")]).length > 0)
        .map((one) => one.name);
    expect(knowing.sort()).toEqual([
        "db-form",
        "db-retire",
        "web-web1-app-push",
        "web-web2-app-push",
    ]);
    for (const name of knowing) expect(isSecret(made.get(name).sent.stdin)).toBe(true);
});

test("hosts are told to keep the units and packages of these engines", async () => {
    const made = await program({ preview: false });
    const bundle = (name: string) => bundleText(made.get(name).inputs.stdin);
    expect(bundle("db-db1-push")).toContain(
        "galera-agent.service\nhaproxy@galera.service\nmysql.service\n",
    );
    expect(bundle("db-db1-base")).toMatch(/percona-xtrabackup-84\npercona-xtradb-cluster-server\n/);
    expect(bundle("web-web1-app-push")).toMatch(/\nproxysql\.service\n/);
    expect(bundle("web-web1-base")).toMatch(/\nproxysql\n/);
});
