import { full, hostOf, otherEngines, planOf, smallest } from "./helpers/plans";
import { filesOf } from "./helpers/facts";
import type { Plan } from "../components/cluster/plan";

interface Line {
    readonly at: string;
    readonly text: string;
    /** Words that hold for the line by its file's or section's `default-server`. */
    readonly defaults: string;
}

const plans = [smallest, full, { ...full, innerLoadBalancer: { count: 0 } }, otherEngines].map(
    (values) => planOf(values),
);

/** Lines of all HAProxy files of a plan that begin with a word. */
function lines(plan: Plan, word: string): Line[] {
    return plan.hosts.flatMap((host) =>
        [...filesOf(plan, hostOf(plan, host.name)).values()]
            .flat()
            .filter(({ path }) => /^\/etc\/haproxy\/.*\.cfg$/.test(path))
            .flatMap(({ path, content }) => {
                const found: Line[] = [];
                let general = "";
                let own = "";
                let section = "";
                for (const text of content.split("\n")) {
                    if (/^\w/.test(text)) {
                        section = text.split(" ")[0] ?? "";
                        own = "";
                    }
                    if (/^\s+default-server /.test(text)) {
                        if (section === "defaults") general = text;
                        else own += text;
                    }
                    if (text.trim().startsWith(`${word} `))
                        found.push({
                            at: `${host.name} ${path}`,
                            text: text.trim(),
                            defaults: general + own,
                        });
                }
                return found;
            }),
    );
}

test.each(plans.map((plan, index) => [index, plan] as const))(
    "law: plan %#: whoever calls another host verifies its certificate and its name",
    (_, plan) => {
        const calls = lines(plan, "server").filter(({ text }) =>
            /^server \S+ (?!127\.|unix)\d+\./.test(text),
        );
        expect(calls.length).toBeGreaterThan(8);
        const bad = calls.filter(
            ({ text, defaults }) =>
                !/ verifyhost \S+/.test(text) ||
                !/\bssl\b.*\bca-file \S+ verify required/.test(defaults + text) ||
                / verify none| no-ssl/.test(text),
        );
        expect(bad.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
    },
);

test.each(plans.map((plan, index) => [index, plan] as const))(
    "law: plan %#: a door to other hosts asks for a certificate of the stack; the edge alone does not",
    (_, plan) => {
        const doors = lines(plan, "bind").filter(({ text }) => !/^bind (127\.|\/|unix)/.test(text));
        expect(doors.length).toBeGreaterThan(8);
        const open = doors.filter(
            ({ text }) => !/ ssl crt \S+ ca-file \S+ verify required/.test(text),
        );
        expect([...new Set(open.map(({ text }) => text.split(" ")[1]))].sort()).toEqual([
            ":443",
            ":80",
        ]);
    },
);

test.each(plans.map((plan, index) => [index, plan] as const))(
    "law: plan %#: nginx has no door to other hosts but with a certificate of a role",
    (_, plan) => {
        const servers = plan.hosts.flatMap((host) =>
            [...filesOf(plan, host).values()]
                .flat()
                .filter(({ path }) => path.startsWith("/etc/nginx/"))
                .flatMap(({ content }) => content.split(/^server \{$/m).slice(1)),
        );
        const doors = servers.filter((text) => /^\s+listen (?!127\.|unix:)/m.test(text));
        expect(doors.length).toBeGreaterThan(1);
        for (const text of doors) {
            expect(text).toMatch(/^\s+listen \S+ ssl;/m);
            expect(text).toMatch(/^\s+ssl_verify_client on;/m);
            expect(text).toMatch(/if \(\$testudo_role != [a-z-]+\) \{\s+return 403;/);
        }
    },
);
