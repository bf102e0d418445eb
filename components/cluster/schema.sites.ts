import { z } from "zod";
import { acme, email } from "./schema.acme";

const dnsName = z
    .string()
    .max(253)
    .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
        "needs a DNS name in lower case such as www.example.org",
    );
/** As nginx and a browser understand it, nothing in it that either would read as something else. */
export const path = z
    .string()
    .max(1000)
    .regex(/^\/[A-Za-z0-9._~/-]*$/, "needs a path such as /about/us, of A-Z a-z 0-9 . _ ~ - /")
    .refine(
        (text) => !/\/\/|\/\.\.?(\/|$)/.test(text) && !text.startsWith("/-/"),
        "needs a path without //, /./ and /../, and not below /-/, which is Testudo's own",
    );
const folder = z
    .string()
    .min(1)
    .max(1000)
    .regex(/^[A-Za-z0-9._/-]+$/, "needs a path of A-Z a-z 0-9 . _ - /");
const address301 = z
    .string()
    .max(2000)
    .regex(
        /^(\/|https?:\/\/[a-z0-9.-]+)[A-Za-z0-9._~/?#&=%+:@,-]*$/,
        "needs a path such as /new or an address such as https://www.example.org/new",
    );
/** What PHP knows of a request, and what Testudo says to PHP. */
const taken =
    /^(HTTPS?$|HTTP_|REMOTE_|REQUEST_|SCRIPT_|DOCUMENT_|SERVER_|QUERY_|CONTENT_|GATEWAY_|REDIRECT_STATUS$|FCGI_|PATH$|PATH_INFO$|PATH_TRANSLATED$|PHP|LD_|DATABASE_|TESTUDO_)/;

/** What visitors call a site. */
const names = {
    /** Further names; visitors are sent to the site's name, path and query kept. */
    aliases: z.array(dnsName).max(100).default([]),
    /** Paths that moved, for good (301). */
    redirects: z
        .array(z.object({ from: path, to: address301 }).strict())
        .max(1000)
        .default([]),
};

/** A PHP site that comes as a directory. All sites of a cluster run as one user: they must trust each other. */
const code = {
    /** On this machine, inside the project and relative to it: the site's code, without what it writes. */
    directory: folder.optional(),
    /** Inside the directory: what visitors may reach. @default the directory itself */
    documentRoot: folder.optional(),
    /** Must answer 200 on every web host before visitors see new code. @default / */
    healthPath: path.optional(),
    /** For the site's PHP, where `getenv` finds it; may hold secrets. The main site finds DATABASE_HOST, _PORT, _NAME, _USER and _PASSWORD as well. */
    environment: z
        .record(
            z
                .string()
                .regex(/^[A-Z][A-Z0-9_]{0,99}$/, "needs a name such as MAIL_FROM")
                .refine(
                    (name) => !taken.test(name),
                    "needs a name that neither PHP nor Testudo uses",
                ),
            z.string().max(10_000),
        )
        .optional(),
    /** Asked for once for the whole cluster, when the systemd calendar expression is due; closed to visitors. */
    cron: z
        .array(
            z
                .object({
                    schedule: z
                        .string()
                        .max(200)
                        .regex(
                            /^[A-Za-z0-9*:/., ~-]+$/,
                            "needs a systemd calendar expression such as hourly or *-*-* 04:30:00",
                        ),
                    path,
                })
                .strict(),
        )
        .max(100)
        .optional(),
};

export const mainSite = z
    .object({
        /** Host name of the site. Without one the site lives at the floating address itself. */
        name: dnsName.optional(),
        title: z.string().min(1).max(200).default("Testudo"),
        adminUser: z
            .string()
            .regex(/^[a-z0-9_.-]{1,60}$/, "needs 1 to 60 of a-z 0-9 _ . -")
            .default("admin"),
        adminEmail: email.default("admin@example.invalid"),
        /** WordPress' old interface for apps, a second door for passwords. Closed it answers 403. */
        xmlrpc: z.boolean().default(false),
        /** How long browsers ask for the site's names by https only (HSTS). 0 makes them forget it. */
        hstsDays: z.number().int().min(0).max(730).default(180),
        /**
         * The edge's certificate, with its chain: PEM, or the path of a file, from the project's folder. Its key is
         * `testudo:siteKey`. @default one of the stack's own authority
         */
        certificate: z.string().min(1).max(100_000).optional(),
        /** The edge's certificate by an authority that is asked for it (ACME). @default one of the stack's own authority */
        acme: acme.optional(),
        ...names,
        /** Debian's WordPress, or a directory of one's own. Only WordPress' pages are kept for visitors. */
        application: z.enum(["wordpress", "php"]).default("wordpress"),
        ...code,
    })
    .strict()
    .default({});

/** Further sites, by a name of the operator's choice. */
export const furtherSites = z
    .record(
        z
            .string()
            .regex(/^[a-z][a-z0-9-]{0,30}$/, "needs 1 to 31 of a-z 0-9 -, a letter first")
            .refine((id) => id !== "main", 'must not be "main", which is testudo:site'),
        z.object({ name: dnsName, ...names, ...code, directory: folder }).strict(),
    )
    .default({});
