import { z } from "zod";
import { network } from "./schema.addresses";
import { path } from "./schema.sites";

/**
 * What one visitor's address may do at the balancers. One address is often many people (an office, a mobile network), so
 * the defaults are far above what a person does. The reasons of the numbers are in docs/hardening.md.
 */
export const limits = z
    .object({
        /** Posts to pages that ask for passwords; more are answered 429, and twice as many are a ban. */
        loginsPerMinute: z.number().int().min(1).max(100_000).default(20),
        /** Wrong passwords at WordPress' form within `banMinutes`; more are a ban. */
        failedLogins: z.number().int().min(1).max(1_000_000).default(30),
        /** How long a banned address gets no page that asks for passwords. All others it gets. */
        banMinutes: z.number().int().min(1).max(43_200).default(15),
        /** Further addresses where passwords are asked for: of a PHP site, or of a plugin that moves the form. */
        loginPaths: z
            .array(
                path.refine(
                    (text) => text !== "/",
                    "needs more than /, which is part of every address",
                ),
            )
            .max(50)
            .default([]),
        /** At once. @default an eighth of loadBalancer.maxConnections */
        connectionsPerAddress: z.number().int().min(10).max(1_000_000).optional(),
        /** Of any kind, over ten seconds; more are answered 429. 0 counts none. */
        requestsPerSecond: z.number().int().min(0).max(100_000).default(1000),
        /** Who is never limited: an office behind one address, a monitor, another proxy. */
        exempt: z.array(network).max(100).default([]),
    })
    .strict()
    .default({});
