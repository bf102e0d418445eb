import { isExisting } from "../cluster/existing";
import { hostsOf } from "../cluster/plan";
import { leastRsaBits } from "../cluster/public-key";
import type { FileSpec, HostFacts, View } from "./role";

const library = "/usr/local/lib/testudo/base";

/** People's accounts: who they are, how sshd knows their keys, and what they may do. */
export const accessFiles: readonly FileSpec<HostFacts>[] = [
    { path: `${library}/keys-of`, mode: "0755", check: `sh -n ${library}/keys-of` },
    {
        path: `${library}/people`,
        view: (facts) => ({ isOurs: isOurs(facts) }),
        mode: "0755",
        check: `bash -n ${library}/people`,
    },
    {
        path: "/etc/sudoers.d/testudo",
        mode: "0440",
        check: "visudo -c -q -f /etc/sudoers.d/testudo",
    },
    {
        // Always there, also where it names nobody: a file that is gone would leave its accounts behind.
        path: "/etc/testudo/people",
        view: peopleView,
        onChange: `run ${library}/people`,
        check: `${library}/people check`,
    },
];

function peopleView({ plan }: HostFacts): View {
    return {
        lines: Object.entries(plan.config.people).flatMap(([name, { keys }]) =>
            keys.map((key) => `${name} ${key.trim().replace(/ +/g, " ")}`),
        ),
    };
}

/** A machine that exists already has accounts, keys and a root password of its owner's, who must not be locked out. */
function isOurs({ plan }: HostFacts): boolean {
    return !isExisting(plan.config);
}

export function sshdView(facts: HostFacts): View {
    const { plan, host } = facts;
    return {
        isOurs: isOurs(facts),
        leastRsaBits,
        bastions:
            host.zone === "public"
                ? null
                : [...hostsOf(plan, "load-balancer").map(({ address }) => address), plan.vip].join(
                      ",",
                  ),
    };
}
