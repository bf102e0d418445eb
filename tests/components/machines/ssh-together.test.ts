import { togetherFaults, togetherWarnings } from "../../../components/machines/ssh-together";
import { existing, lineOf, planOf, type Values } from "../../helpers/plans";
import { all, plan } from "../../helpers/ssh-reports";

// What is made of several machines' answers.

const together = (changes: Record<string, string[]>, values: Values = existing) =>
    togetherFaults(planOf(values), all(changes)).map(lineOf);

test("clocks 2 s apart are refused, and the one that goes wrong is named; a slow line is no wrong clock", () => {
    expect(together({ db2: ["time\t1005"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db2: needs a clock within 2 s .*got at least 4\.1 s ahead of/,
        ),
    ]);
    expect(together({ web1: ["time\t990"] })).toEqual([
        expect.stringMatching(/^testudo:ssh\.hosts\.web1: .*s behind /),
    ]);
    expect(together({ db2: ["time\t1002.6"] })).toEqual([]);
});

test("hosts that do not reach each other are named in pairs; behind a firewall of ours nobody answers, and that is right", () => {
    expect(together({ db1: ["peer\t192.0.2.42\tno", "peer\t192.0.2.43\tno"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db1\.address: needs to reach db2, db3, .*no answer from 192\.0\.2\.42, /,
        ),
    ]);
    const ours = Object.fromEntries(
        plan.hosts.map(({ name }) => [name, ["ours\ttest\tabc", "peer\t192.0.2.42\tno"]]),
    );
    expect(together(ours)).toEqual([]);
});

test("two names for one machine are refused; one kernel under several is said", () => {
    expect(together({ db2: ["machine\tid-of-db1"] })).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.hosts\.db1, testudo:ssh\.hosts\.db2: need a machine each/,
        ),
    ]);
    const warnings = togetherWarnings(plan, all({ db2: ["kernel\tboot-of-db1"] }));
    expect(warnings).toEqual([
        expect.stringContaining("the border of the DMZ is the hosts' own firewalls"),
        expect.stringMatching(/^db1, db2 run on one kernel/),
    ]);
});

test("an address that is leased is said: another one would lose the host", () => {
    const warnings = togetherWarnings(plan, all({ db2: ["address\teno1\t192.0.2.42/24\tleased"] }));
    expect(warnings.join()).toContain("db2 got the address by DHCP");
});

const names = plan.hosts.map(({ name, address }) => `knows\t${name}\t${address}`);
const ours = (more: string[] = []) => ["ours\ttest\tabc", ...names, ...more];

test("one member at a time may be made anew; a second one, or one that is dropped beside it, is refused", () => {
    const stay = { lb1: ours(), db1: ours() };
    expect(together({ ...stay, db2: ours() })).toEqual([]);
    expect(together(stay)).toEqual([
        expect.stringMatching(
            /^testudo:database: may lose or change one database member at a time, .*got db2 is made anew, db3 is made anew$/,
        ),
    ]);
    expect(together({ ...stay, db2: ours(["left"]) }).join()).toContain(
        "db2 is made anew, db3 is made anew",
    );
    const dropped = ours(["knows\tdb4\t192.0.2.44"]);
    expect(together({ db1: dropped, db2: ours() }).join()).toContain(
        "db3 is made anew, db4 is dropped",
    );
});

test("a member that has not left is not dropped; one that has, is", () => {
    const stay = (...more: string[]) => {
        const each = ours(["knows\tdb4\t192.0.2.44", ...more]);
        return together({ db1: each, db2: each, db3: each });
    };
    expect(stay()).toEqual([
        expect.stringMatching(
            /^testudo:database\.count: needs to keep db4 until it has left: testudo --stack test leave db4/,
        ),
    ]);
    expect(stay("gone\tdb4")).toEqual([]);
});

test("a host that nobody has known joins, and is no member made anew", () => {
    const before = names.filter((line) => !/\tdb[23]\t/.test(line));
    expect(together({ db1: ["ours\ttest\tabc", ...before] })).toEqual([]);
});
