import { z } from "zod";
import { address, network } from "./schema.addresses";

/** Rights to talk beside those of the roles, for software of one's own (docs/flows.md). The plan judges what is in them. */
export const ownFlows = z
    .array(
        z
            .object({
                /** A role that the plan has, `outside` or `operator`. */
                from: z.unknown(),
                /** A role that the plan has, or `outside`. */
                to: z.unknown(),
                /** `tcp`, `udp` or `icmp`. */
                protocol: z.unknown(),
                /** 1 to 65535; none with `icmp`. */
                port: z.unknown(),
                /** Narrows `outside` or `operator` to these networks. @default all of them */
                only: z.unknown(),
                /** One phrase, for the matrix and the rules' comments. */
                why: z.unknown(),
            })
            .strict(),
    )
    .default([]);

/** What every host may ask the rest of the world. @default nothing */
export const egress = z
    .object({
        /** NTP servers. Hosts that have a clock of their own follow them; containers have their machine's. */
        time: z.array(address).max(8).default([]),
        /** DNS servers; the resolver takes three. */
        dns: z.array(address).max(3).default([]),
        /** Where Debian's packages come from, by HTTP and HTTPS. */
        mirrors: z.array(network).default([]),
    })
    .strict()
    .default({});
