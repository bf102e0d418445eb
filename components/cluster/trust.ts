import { configKey, type Config } from "./config";
import type { TrustSettings } from "./schema.trust";
import type { Fault } from "./types";

/** What is wrong with the lifetimes. */
export function trustFaults({ trust }: Pick<Config, "trust">): Fault[] {
    const { certificateDays, renewalDays, authorityDays } = trust;
    const faults: Fault[] = [];
    if (certificateDays <= renewalDays) {
        faults.push({
            key: configKey("trust.certificateDays"),
            rule: `needs to be more than testudo:trust.renewalDays (${renewalDays})`,
            why: "a certificate that is in its renewal window from its first day is made anew by every up",
            got: String(certificateDays),
        });
    }
    if (authorityDays <= authorityWindowDays(trust)) {
        faults.push({
            key: configKey("trust.authorityDays"),
            rule: `needs to be more than testudo:trust.certificateDays and testudo:trust.renewalDays together (${authorityWindowDays(trust)})`,
            why: "an authority must outlive what it signs",
            got: String(authorityDays),
        });
    }
    return faults;
}

/** An authority is made anew so long before its end that nothing it signs outlives it. */
export function authorityWindowDays(trust: TrustSettings): number {
    return trust.certificateDays + trust.renewalDays;
}

/**
 * Whether hosts that know `had` and hosts that know `wanted` believe each other, while an `up` goes from one to
 * the next. They do with one name in common: the signing authority carries a certificate by the other one.
 * @param had What the last complete `up` has left; empty for a new stack.
 */
export function authorityFaults(had: readonly string[], wanted: readonly string[]): Fault[] {
    if (had.length === 0 || wanted.some((name) => had.includes(name))) return [];
    return [
        {
            key: configKey("trust.authorities"),
            rule: `needs ${had[0] ?? ""} beside it for one up: [${wanted[0] ?? ""}, ${had[0] ?? ""}], and the one after that may drop it`,
            why: "hosts that still know the old authority alone would refuse those that have gone over",
            got: `[${wanted.join(", ")}] after [${had.join(", ")}]`,
        },
    ];
}
