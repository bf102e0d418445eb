import { check } from "../../../components/checks";
import { incusPreflight } from "../../../components/machines/incus-preflight";
import { FakeIncus } from "../../helpers/fake-incus";
import { lineOf, otherEngines, planOf, rawConfig, type Values } from "../../helpers/plans";

// Through the real preflight, against programs that answer like Incus.

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
});
afterEach(() => {
    incus.remove();
});

const faults = async (values: Values) => (await incusPreflight(planOf(values))).faults.map(lineOf);
const made = (image: string, ...names: string[]) =>
    names.map((name) => ({
        name,
        config: {
            "user.testudo.made": "true",
            "user.testudo.nonce": "aaaa",
            "user.testudo.image": image,
        },
    }));

const percona = { database: { engine: "percona-xtradb" } };
const proxysql = { database: { proxy: "proxysql" } };
const ofPercona = "percona-xtrabackup-84=8.4.0-4 percona-xtradb-cluster-server=1:8.4.7-7-1.trixie";

test("what Debian carries needs nothing of an image", async () => {
    incus.images({ alias: "testudo/plain" }, { alias: "testudo/more", packages: "grafana=12" });
    expect(await faults({})).toEqual([]);
});

test.each([
    [
        proxysql,
        "testudo:database.proxy: needs the package proxysql in the image (put ProxySQL's .deb files into packages/ and run `make image`; packages/README.md says where they come from), because Debian does not carry ProxySQL and hosts have no internet; got testudo/0123456789ab, which is without",
    ],
    [
        percona,
        "testudo:database.engine: needs the packages percona-xtradb-cluster-server and percona-xtrabackup-84 in the image (put Percona's .deb files into packages/ and run `make image`; packages/README.md says where they come from), because Debian does not carry Percona and hosts have no internet; got testudo/0123456789ab, which is without",
    ],
])("%j without its package is refused by name, with what to do", async (values, line) => {
    expect(await faults(values)).toEqual([line]);
});

test("the user reads all of it in one message, and nothing was changed", async () => {
    const nobody = () => Promise.resolve({ authorities: [], vips: {} });
    await expect(check("test", rawConfig(otherEngines), nobody)).rejects.toThrow(
        /^2 faults in the configuration; nothing was changed:\n {2}testudo:database\.\w+: needs the package/,
    );
});

test.each([
    [proxysql, "proxysql=3.0.8"],
    [percona, ofPercona],
    [otherEngines, `${ofPercona} proxysql=3.0.8`],
])("%j with its packages in the newest image is refused nothing", async (values, packages) => {
    incus.images(
        { alias: "testudo/plain" },
        { alias: "testudo/vendors", at: "2026-01-01T00:00:00Z", packages },
    );
    expect(await faults(values)).toEqual([]);
});

test("half of an engine's packages is not enough", async () => {
    incus.images({ alias: "testudo/half", packages: "percona-xtradb-cluster-server=8.4.7" });
    expect(await faults(percona)).toEqual([
        expect.stringMatching(
            /^testudo:database\.engine: needs the package percona-xtrabackup-84 in /,
        ),
    ]);
});

test("a package whose name only begins alike is another one", async () => {
    incus.images({ alias: "testudo/alike", packages: "proxysql-exporter=1.0" });
    expect(await faults(proxysql)).toHaveLength(1);
});

test("living hosts are judged by their own image, new ones by the newest", async () => {
    incus.images(
        { alias: "testudo/old" },
        { alias: "testudo/new", at: "2026-01-01T00:00:00Z", packages: "proxysql=3.0.8" },
    );
    incus.instances(...made("testudo/old", "web1"), ...made("testudo/new", "web2"));
    expect(await faults(proxysql)).toEqual([
        expect.stringMatching(
            /^testudo:database\.proxy: needs the package proxysql on web1, and a living host keeps its image .*; got testudo\/old, which is without$/,
        ),
    ]);
});

test("a living host whose image is gone from the server is not judged", async () => {
    incus.images({ alias: "testudo/new", packages: "proxysql=3.0.8" });
    incus.instances(...made("testudo/gone", "web1", "web2"));
    expect(await faults(proxysql)).toEqual([]);
});

test.each([
    ["mariadb", percona, undefined],
    ["percona-xtradb", {}, ofPercona],
])("a cluster with data of %s keeps its engine", async (engine, values, packages) => {
    incus.images(
        { alias: "testudo/theirs", packages },
        { alias: "testudo/0", at: "2026-01-01T00:00:00Z", packages },
    );
    incus.instances(...made("testudo/theirs", "db1", "db2", "db3"));
    expect(await faults(values)).toEqual([
        expect.stringContaining(
            `testudo:database.engine: needs to stay ${engine} (to change it, bring a dump into a new stack), because db1, db2, db3 have data of ${engine}, which the other engine cannot read; got `,
        ),
    ]);
});

test("MariaDB is refused an image in which Percona's server has taken its place", async () => {
    incus.images({ alias: "testudo/percona", packages: ofPercona });
    expect(await faults({})).toEqual([
        "testudo:database.engine: needs an image without percona-xtradb-cluster-server (take its .deb files out of packages/ and run `make image`, or name another one in testudo:incus.image), because there it has taken the place of mariadb-server; got mariadb, and testudo/percona",
    ]);
});

test("a cluster of MariaDB that is complete lives on beside such an image", async () => {
    incus.images(
        { alias: "testudo/old" },
        { alias: "testudo/percona", at: "2026-01-01T00:00:00Z", packages: ofPercona },
    );
    incus.instances(...made("testudo/old", "db1", "db2", "db3"));
    expect(await faults({})).toEqual([]);
});
