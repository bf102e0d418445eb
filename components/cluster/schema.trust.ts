import { z } from "zod";

const days = (least: number, most: number) => z.number().int().min(least).max(most);

/** How long keys are believed, and who signs: docs/certificates.md. */
export const trust = z
    .object({
        /** Lifetime of every host's certificate, and of the edge's where it is ours. */
        certificateDays: days(1, 3650).default(730),
        /** The first `up` in so many days before the end makes a certificate anew. */
        renewalDays: days(1, 365).default(30),
        /** Lifetime of an authority. It is made anew, with the same key, before what it signs could outlive it. */
        authorityDays: days(3, 36_500).default(3650),
        /** The first one signs, all are trusted: two while one takes the place of the other. */
        authorities: z
            .array(
                z
                    .string()
                    .regex(
                        /^[a-z][a-z0-9]{0,15}$/,
                        "needs a name of 1 to 16 of a-z 0-9, a letter first",
                    ),
            )
            .min(1, "needs one name, or two while one takes the place of the other")
            .max(2, "needs one name, or two while one takes the place of the other")
            .refine((names) => new Set(names).size === names.length, "needs names that differ")
            .default(["first"]),
    })
    .strict()
    .default({});

export type TrustSettings = z.infer<typeof trust>;
