import { z } from "zod";

export const email = z.string().email();

/** Let's Encrypt, which visitors' browsers know. */
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
const whatItNeeds = "needs an address such as https://acme-v02.api.letsencrypt.org/directory";

/** An authority that signs for names whose requests come here (RFC 8555): docs/certificates.md. */
export const acme = z
    .object({
        /** Where the authority says what it can do. @default Let's Encrypt */
        directory: z
            .string()
            .max(500)
            .regex(
                /^https:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9]\d{0,4})?\/[A-Za-z0-9._~/-]*$/,
                whatItNeeds,
            )
            .refine((text) => URL.canParse(text), whatItNeeds)
            .default(letsEncrypt),
        /** Told to the authority, for what it has to say. */
        email: email.optional(),
        /**
         * For an authority of one's own: certificates by which the directory itself is believed; PEM, or the path of a
         * file, from the project's folder. @default those that browsers know
         */
        ca: z.string().min(1).max(100_000).optional(),
    })
    .strict();
