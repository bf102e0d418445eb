import { z } from "zod";

/** Containers of an Incus server. */
export const incusSection = z
    .object({
        /** The machine's own server: borders between zones are nftables of this machine. */
        remote: z.enum(["local"]).default("local"),
        storagePool: z.string().default("testudo"),
        /** Image alias; `make image` prints the newest. */
        image: z.string().optional(),
        /** Loopback port of the machine that leads to the site, for a laptop's ssh tunnel. */
        exposePort: z.number().int().min(1024).max(65534).optional(),
    })
    .strict()
    .default({});
