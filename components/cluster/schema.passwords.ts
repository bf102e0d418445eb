import { z } from "zod";

const generation = z.number().int().min(1).max(1_000_000).default(1);

/**
 * Generations of the passwords that Testudo makes. Another number makes other ones: new beside old, then everybody uses
 * the new, then the old are refused (docs/passwords.md).
 */
export const passwords = z
    .object({
        /** The site's account, and the one by which a ProxySQL asks. */
        sql: generation,
        /** All accounts of Redis and Sentinel. */
        redis: generation,
        /** WordPress' administrator. */
        admin: generation,
        /** WordPress' keys and salts: whoever is logged in has to log in again. */
        keys: generation,
    })
    .strict()
    .default({});
