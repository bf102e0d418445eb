import * as pulumi from "@pulumi/pulumi";
import type { HostSpec } from "../cluster/types";
import type { Foundation } from "../foundation";
import { base, firewallPath } from "../roles/base";
import { namesIn } from "../roles/role";
import { packagesOf, usersOf } from "../roles/all";
import { fileFingerprint } from "./bundle";
import type { Host } from "./host";
import { renderRole } from "./render";
import { probe, push, ready, type StepOptions } from "./steps";

/** A machine that answers, and the step after which its roles may be pushed. */
export interface BroughtUp extends Host {
    readonly base: pulumi.Resource;
}

/**
 * Makes a machine and everything that it is before it has a role: packages, users, sshd, firewall.
 * The firewall is kept only if a fresh connection gets through it.
 */
export function bringUp(
    name: string,
    spec: HostSpec,
    foundation: Foundation,
    options: StepOptions,
): BroughtUp {
    const { plan, flows, machines, trust, border } = foundation;
    const host = machines.host(spec, { parent: options.parent });
    const answering = ready(`${name}-${spec.name}-ready`, host, {
        ...options,
        dependsOn: [border, ...(options.dependsOn ?? [])],
    });
    const files = pulumi
        .all([trust.ca, trust.clientKey.publicKeyOpenssh])
        .apply(([ca, operatorKey]) =>
            renderRole(base, { plan, host: spec, flows, ca, authorizedKeys: [operatorKey] }),
        );
    const pushed = push(
        `${name}-${spec.name}-base`,
        host,
        {
            role: base.name,
            files,
            units: namesIn(plan, base.units),
            packages: packagesOf(plan, spec),
            users: usersOf(spec),
            stackKey: trust.stackKey,
        },
        { parent: options.parent, dependsOn: [answering] },
    );
    const rules = files.apply((all) => fileFingerprint(all, firewallPath));
    const confirmed = probe(
        `${name}-${spec.name}-confirm`,
        host,
        "/usr/local/lib/testudo/base/firewall confirm",
        rules,
        {
            parent: options.parent,
            dependsOn: [pushed],
        },
    );
    return { ...host, base: confirmed };
}

/** What one host does for all is done by the first of those that stay. */
export function stayingFirst<T extends { readonly spec: HostSpec }>(hosts: readonly T[]): T[] {
    const first = hosts.find(({ spec }) => spec.leaving !== true) ?? hosts[0];
    return [...(first === undefined ? [] : [first]), ...hosts.filter((host) => host !== first)];
}

/** Nobody is served by them yet, so they need not be changed one after the other. */
export function areNew(hosts: readonly Host[]): boolean {
    return !hosts.some(({ isLiving }) => isLiving);
}
