import { renderRole, renderTemplate } from "../../../components/host/render";
import type { FileSpec, HostFacts, Role } from "../../../components/roles/role";
import { hostOf, planOf } from "../../helpers/plans";

const plan = planOf();
const facts: HostFacts = { plan, host: hostOf(plan, "lb1") };
const cron = "/usr/local/lib/testudo/load-balancer/cron";

function roleWith(...files: FileSpec<HostFacts>[]): Role {
    return {
        name: "load-balancer",
        stem: "load-balancer-pair",
        packages: [],
        users: [],
        units: [],
        files,
        listens: [],
        flows: () => [],
        logs: [],
        metrics: [],
        faults: () => [],
    };
}

test("a name that the view lacks is an error that names template and name, not an empty place", () => {
    expect(() =>
        renderTemplate(`load-balancer-pair${cron}.mustache`, { vip: "10.91.0.10" }),
    ).toThrow(`load-balancer-pair${cron}.mustache: {{jobs}} is not in the view`);
});

test("a section over a name that the view lacks is an error as well", () => {
    expect(() => renderTemplate("base/etc/hosts.mustache", {})).toThrow(
        "{{lines}} is not in the view",
    );
});

test("nothing is escaped for HTML", () => {
    expect(renderTemplate("base/etc/hosts.mustache", { lines: [`a/b=c&<'">`] })).toContain(
        `a/b=c&<'">`,
    );
});

test("a template that is not there is an error", () => {
    expect(() => renderTemplate("base/etc/nothing.mustache", {})).toThrow("ENOENT");
});

test("a view or content of null: this host does not have the file", () => {
    const rest = { check: { none: "a test" } };
    const absent = [
        { path: "/etc/a", view: () => null, ...rest },
        { path: "/etc/b", content: () => null, ...rest },
    ];
    expect(renderRole(roleWith(...absent), facts)).toEqual([]);
});

test("owner, mode, action and checker have the stated defaults", () => {
    const files = renderRole(
        roleWith({ path: "/etc/a", content: () => "text", check: { none: "a test" } }),
        facts,
    );
    expect(files).toEqual([
        {
            path: "/etc/a",
            content: "text",
            owner: "root:root",
            mode: "0644",
            onChange: "none",
            check: "",
        },
    ]);
});
