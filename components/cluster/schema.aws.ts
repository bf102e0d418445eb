import { z } from "zod";
import { parseNetwork } from "./addresses";

/** `t4g.small`, `m7g.2xlarge` */
export const instanceType = z
    .string()
    .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "needs an instance type such as t4g.small");

export const interfaceName = z
    .string()
    .regex(/^[a-z][a-zA-Z0-9]{1,14}$/, "needs an interface's name such as ens5");

const zones = z
    .array(z.string().regex(/^[a-f]$/, "needs the last letter of a zone's name, such as a"))
    .min(1, "needs at least one zone")
    .max(3, "needs at most three zones")
    .refine((all) => new Set(all).size === all.length, "needs each zone once");

/** EC2. The region is the provider's own key, `aws:region`. */
export const awsSection = z
    .object({
        /** Availability zones by the last letter of their names; hosts of a tier take turns in them. They are the failure domains. */
        zones: zones.default(["a", "b", "c"]),
        /** How private hosts reach Debian's mirrors: a gateway in each zone, one for all, or not at all (then `ami` has all packages). */
        nat: z.enum(["perZone", "single", "none"]).default("perZone"),
        /**
         * How the inner floating address moves. `route`: it lies outside of the supernet, and the private route tables lead to its
         * holder, in any zone. `secondary`: it is moved between the interfaces of one zone.
         */
        innerAddress: z.enum(["route", "secondary"]).default("route"),
        /** Of the instance types and the image. */
        architecture: z.enum(["arm64", "amd64"]).default("arm64"),
        /** Image for new hosts, for example one that has the packages already. Default: Debian's newest of its current release. */
        ami: z
            .string()
            .regex(/^ami-[0-9a-f]{8,17}$/, "needs an image's id such as ami-0123456789abcdef0")
            .optional(),
        /** Public key of a person, an OpenSSH file on this machine, kept as the stack's EC2 key pair. Default: the stack's own key. */
        keyFile: z.string().min(1).optional(),
        /** Per tier; `testudo:hosts.<name>.instanceType` for one host. */
        instanceTypes: z
            .object({
                loadBalancer: instanceType.optional(),
                web: instanceType.optional(),
                app: instanceType.optional(),
                innerLoadBalancer: instanceType.optional(),
                database: instanceType.optional(),
                cache: instanceType.optional(),
                storage: instanceType.optional(),
                ops: instanceType.optional(),
            })
            .strict()
            .default({}),
        /** Everything may be destroyed, data volumes and the public address too. Otherwise those two are protected. */
        ephemeral: z.boolean().default(false),
        /** No instance is ended from outside of this program. Default: where the stack is not ephemeral. */
        terminationProtection: z.boolean().optional(),
        /** KMS key of root disks and data volumes. Default: the account's key for EBS. */
        kmsKeyArn: z
            .string()
            .regex(/^arn:aws[\w-]*:kms:/, "needs the ARN of a KMS key")
            .optional(),
        /** Name that the image gives the first network interface. */
        interface: interfaceName.default("ens5"),
        /** Where balancers reach the EC2 API. Default: the region's public endpoint. */
        apiEndpoint: z.string().url().optional(),
        /** Networks that hosts may reach on 80 and 443 for packages and the EC2 API. */
        egress: z
            .array(
                z
                    .string()
                    .refine(
                        (text) => parseNetwork(text) !== undefined,
                        "needs an IPv4 network such as 0.0.0.0/0",
                    ),
            )
            .default(["0.0.0.0/0"]),
    })
    .strict()
    .default({});
