import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./cluster/config";
import { floatingFaults } from "./cluster/floating";
import { makePlan, type Plan } from "./cluster/plan";
import { phpSitesOf } from "./cluster/sites";
import { authorityFaults } from "./cluster/trust";
import { faultsMessage } from "./cluster/types";
import { readAcmeAuthority } from "./host/acme-authority";
import { packSites, type SiteArchive } from "./host/site-archive";
import { readSiteCertificate, type SiteCertificate } from "./host/site-certificate";
import { lastUp } from "./last-up";
import { preflight, type PlatformFacts } from "./machines/platform";
import { roleFaults } from "./roles/all";

/** What may be built, and what the platform said of it. */
export interface Checked {
    readonly plan: Plan;
    readonly platform: PlatformFacts;
    /** Code of sites that come as directories of this machine. */
    readonly archives: readonly SiteArchive[];
    /** What visitors are shown. @default a certificate of the stack's own authority */
    readonly certificate?: SiteCertificate;
    /** PEM by which the directory of `testudo:site.acme` is believed. @default what browsers know */
    readonly directoryCa?: string;
}

/**
 * Configuration, plan, roles and platform, each asked for its faults as far as the one before allows.
 * @param known Tells what the stack's hosts have already.
 * @throws RunError with all faults in one message, before the first resource.
 */
export async function check(
    stack: string,
    raw: Readonly<Record<string, string>>,
    known: typeof lastUp = lastUp,
): Promise<Checked> {
    const config = parseConfig(stack, raw);
    const plan = config.value === undefined ? undefined : makePlan(config.value);
    const platform = plan?.value === undefined ? undefined : await preflight(plan.value);
    const sites = await packSites(config.value === undefined ? [] : phpSitesOf(config.value));
    const certificate =
        plan?.value === undefined ? undefined : await readSiteCertificate(plan.value);
    const directoryCa =
        config.value === undefined ? undefined : await readAcmeAuthority(config.value);
    const last = await known(stack);
    const authorities =
        config.value === undefined
            ? []
            : authorityFaults(last.authorities, config.value.trust.authorities);
    const faults = [
        ...config.faults,
        ...(plan?.faults ?? []),
        ...(plan?.value === undefined ? [] : roleFaults(plan.value)),
        ...sites.faults,
        ...(certificate?.faults ?? []),
        ...(directoryCa?.faults ?? []),
        ...authorities,
        ...(plan?.value === undefined ? [] : floatingFaults(last.vips, plan.value)),
        ...(platform?.faults ?? []),
    ];
    if (faults.length > 0 || plan?.value === undefined || platform === undefined) {
        throw forPeople(faultsMessage(faults));
    }
    for (const warning of [...platform.warnings, ...(certificate?.value?.warnings ?? [])])
        await pulumi.log.warn(warning);
    if (pulumi.runtime.isDryRun())
        for (const note of platform.notes ?? []) await pulumi.log.info(note);
    return {
        plan: plan.value,
        platform,
        archives: sites.value ?? [],
        ...(certificate?.value === undefined ? {} : { certificate: certificate.value }),
        ...(directoryCa?.value === undefined ? {} : { directoryCa: directoryCa.value }),
    };
}

/** An error of which Pulumi shows the message alone. Without a stack, since colouring one takes Node 20 ten seconds. */
function forPeople(message: string): Error {
    const error = new pulumi.RunError(message);
    error.stack = message;
    return error;
}
