import { z } from "zod";
import { email } from "./schema.acme";
import { address, network } from "./schema.addresses";
import { awsSection, instanceType, interfaceName } from "./schema.aws";
import { egress, ownFlows } from "./schema.flows";
import { incusSection } from "./schema.incus";
import { limits } from "./schema.limits";
import { passwords } from "./schema.passwords";
import { people } from "./schema.people";
import { furtherSites, mainSite } from "./schema.sites";
import { existingMachines } from "./schema.ssh";
import { trust } from "./schema.trust";

const count = (most: number, least = 1) => z.number().int().min(least).max(most);
const seconds = (least: number, most: number) => z.number().min(least).max(most);
const memoryMiB = z.number().int().min(128).max(1_048_576);
/** Of a root disk: what a host is made with; a living one keeps its own. */
const diskGiB = z.number().int().min(1).max(16_384);

/** VRRP advertisement interval; a dead balancer is replaced after about 3.6 of them. */
const vrrpAdvertSeconds = z.number().min(0.05).max(5).multipleOf(0.01).default(0.1);
const vrrpRouterId = z.number().int().min(1).max(255);

/** Sizes that every tier has. Defaults come from the preset. */
const tier = {
    /** Places, those that `hosts.<name>.state: absent` leaves empty included. */
    count: count(9).optional(),
    memoryMiB: memoryMiB.optional(),
    diskGiB: diskGiB.optional(),
};

/** Every key of the configuration with its type, range and default. */
export const schema = z
    .object({
        platform: z.enum(["incus", "aws", "ssh"]),
        preset: z.string(),

        /** What the world sees. */
        site: mainSite,
        /** Further PHP sites of the same hosts, each with a name of its own. They get no database account. */
        sites: furtherSites,
        /** Secret: the key of `site.certificate`, PEM or the path of a file (`pulumi config set --secret testudo:siteKey`). */
        siteKey: z.string().optional(),

        /** Certificates between hosts, and at the edge unless the site has its own. */
        trust,

        network: z
            .object({
                /** Everything of this stack lies in it. */
                supernet: network.default("10.91.0.0/16"),
                /** The DMZ: balancers. */
                public: network.default("10.91.0.0/24"),
                /** All other hosts. */
                private: network.default("10.91.1.0/24"),
                /** Where clients of the lab stand (Incus only). */
                outside: network.default("10.91.2.0/24"),
                /** The floating address, inside `public`. */
                vip: address.default("10.91.0.10"),
                /** The floating address of the inner balancers, inside `private`. */
                innerVip: address.default("10.91.1.10"),
            })
            .strict()
            .default({}),

        /** Who may reach the bastion and the balancers' sshd, on existing machines every sshd. Default on Incus: the machine itself. */
        operators: z.array(network).optional(),
        people,

        flows: ownFlows,
        egress,

        loadBalancer: z
            .object({
                ...tier,
                /** Connections that one balancer accepts at once. */
                maxConnections: z.number().int().min(100).max(1_000_000).default(4000),
                /** How long a web host may take to answer. */
                serverTimeoutSeconds: seconds(2, 3600).default(30),
                /** How long an idle client is kept. */
                clientTimeoutSeconds: seconds(2, 3600).default(30),
                /** What one visitor's address may do (docs/hardening.md). */
                limits,
                /** How long a balancer may answer with a page that a web host has kept, without asking it; 0 asks each time. */
                pageCacheSeconds: z.number().int().min(0).max(10).default(1),
                vrrpAdvertSeconds,
                /** Unique in the public network. */
                vrrpRouterId: vrrpRouterId.default(91),
            })
            .strict()
            .default({}),

        web: z
            .object({
                ...tier,
                /** Largest request body and upload. */
                maxUploadMiB: z.number().int().min(1).max(2048).default(64),
                /** How long an anonymous visitor's page may be served again; 0 keeps none. */
                pageCacheSeconds: z.number().int().min(0).max(60).default(60),
                /** Disk that kept pages may take on each host. */
                pageCacheMiB: z.number().int().min(16).max(65_536).default(256),
                /** Disk that kept copies of visitors' files may take on each host, where they come from storage hosts. */
                uploadCacheMiB: z.number().int().min(16).max(65_536).default(256),
            })
            .strict()
            .default({}),

        /** PHP. Where it has no hosts of its own (`count: 0`) it runs on the web hosts. */
        app: z
            .object({
                ...tier,
                count: count(9, 0).optional(),
                /** php-fpm workers on each host. */
                phpWorkers: z.number().int().min(2).max(500).default(8),
                phpMemoryMiB: z.number().int().min(32).max(4096).default(128),
                /** A request or statement that takes longer is written down, with its request's id. */
                slowSeconds: seconds(0.1, 60).default(2),
            })
            .strict()
            .default({}),

        /** The way to SQL and Redis. Without such hosts (`count: 0`) each PHP host finds it by itself. */
        innerLoadBalancer: z
            .object({
                ...tier,
                count: count(2, 0).optional(),
                /** Connections that one balancer accepts at once. */
                maxConnections: z.number().int().min(100).max(1_000_000).default(4000),
                vrrpAdvertSeconds,
                /** Unique in the private network. */
                vrrpRouterId: vrrpRouterId.default(92),
            })
            .strict()
            .default({}),

        database: z
            .object({
                ...tier,
                /** Percona XtraDB Cluster 8.4 needs packages of its vendor (packages/README.md). Not to be changed while there are data. */
                engine: z.enum(["mariadb", "percona-xtradb"]).default("mariadb"),
                /** What brings PHP's SQL to the writer. ProxySQL needs a package of its vendor (packages/README.md). */
                proxy: z.enum(["haproxy", "proxysql"]).default("haproxy"),
                bufferPoolMiB: z.number().int().min(32).max(1_048_576).default(128),
                /** A vanished member stalls commits for about this plus 0.5 s. Less than 2 s only on one quiet LAN. */
                suspectTimeoutSeconds: seconds(1, 60).default(2),
                /** Write sets kept for members that come back; more lets them stay away longer without a full copy. */
                gcacheMiB: z.number().int().min(16).max(1_048_576).default(128),
                maxConnections: z.number().int().min(10).max(100_000).default(151),
                /** Data volume of each member. */
                dataGiB: diskGiB.default(10),
            })
            .strict()
            .default({}),

        /** Redis with Sentinel. Without such hosts (`count: 0`) sessions stay on their web host and WordPress has no object cache. */
        cache: z
            .object({
                ...tier,
                count: count(9, 0).optional(),
                /** Memory for PHP sessions on each host; when it is full new ones are refused, none is thrown away. */
                sessionsMiB: z.number().int().min(16).max(1_048_576).default(64),
                /** Memory for WordPress' object cache on each host; the least recently used go first. */
                objectsMiB: z.number().int().min(16).max(1_048_576).default(128),
                /** Data volume of each host. */
                dataGiB: diskGiB.default(2),
                /** A master that is silent for this long is replaced, in about 1 to 2 s more. Proxies and PHP wait for that, 4 to 5 s in all. */
                downAfterSeconds: seconds(0.5, 2).default(1),
            })
            .strict()
            .default({}),

        /** Visitors' files (uploads) for all hosts. Without such hosts (`count: 0`) each PHP host keeps those that it took. */
        storage: z
            .object({
                ...tier,
                count: count(5, 0).optional(),
                /** `gluster`: a volume on storage hosts. `lsyncd`: without such hosts (`count: 0`); one app host takes all uploads, and every web and app host has a copy. */
                engine: z.enum(["gluster", "lsyncd"]).default("gluster"),
                /** With lsyncd: the app host that takes uploads. Default: the first one. */
                master: z.string().optional(),
                /** The last of three hosts keeps names only, no contents: a third vote for a third of the disk. */
                arbiter: z.boolean().default(false),
                /** Data volume of each host. */
                dataGiB: diskGiB.default(10),
            })
            .strict()
            .default({}),

        /** Logs, backups and monitoring; until they come, a host that has nothing but its base. */
        ops: z
            .object({ ...tier, count: count(1, 0).optional() })
            .strict()
            .default({}),

        /** Overrides for single hosts, by name. A tier's `count` is its number of places: `count: 4` are db1 to db4. */
        hosts: z
            .record(
                z
                    .object({
                        /**
                         * `leaving`: still there, and the rest is planned as if it were gone (docs/scaling.md).
                         * `absent`: its place stays empty, so that one in the middle can be taken out.
                         */
                        state: z.enum(["leaving", "absent"]).optional(),
                        address: address.optional(),
                        failureDomain: z.string().min(1).optional(),
                        memoryMiB: memoryMiB.optional(),
                        /** AWS only. A living host is stopped for it: one member of a quorum at a time. */
                        instanceType: instanceType.optional(),
                        /** AWS only: where its type or image calls the interface otherwise than `aws.interface` says. */
                        interface: interfaceName.optional(),
                    })
                    .strict(),
            )
            .default({}),

        /** Where WordPress' outgoing mail goes. Without it mail is switched off, visibly. */
        mail: z
            .object({
                relay: address,
                port: z.number().int().min(1).max(65535).default(587),
                /** STARTTLS with a verified certificate; `none` only for a relay on the same wire. */
                tls: z.enum(["starttls", "none"]).default("starttls"),
                user: z.string().optional(),
                from: email,
            })
            .strict()
            .optional(),
        /** Secret: `pulumi config set --secret testudo:mailPassword`. */
        mailPassword: z.string().optional(),

        passwords,

        incus: incusSection,
        aws: awsSection,
        /** Machines that exist already (platform `ssh` only). */
        ssh: existingMachines,
        /** Secret: `pulumi config set --secret testudo:sshPrivateKey <~/.ssh/id_ed25519`; `ssh.keyFile` stays out of the state. */
        sshPrivateKey: z.string().optional(),

        /** Names, in words, the loss that a topology which the plan refuses may cause. */
        acceptDataLossRisk: z
            .string()
            .min(20, "needs a sentence of at least 20 characters")
            .optional(),
    })
    .strict();
