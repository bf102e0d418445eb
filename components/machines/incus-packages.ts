import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import { perconaServer } from "../roles/database-engines";
import { vendorPackagesOf, type VendorPackage } from "../roles/vendor-packages";
import type { Instance } from "./incus-limits";

/** An image, as `incus image list --format json` tells it. */
export interface Image {
    readonly aliases: readonly { readonly name: string }[];
    readonly uploaded_at: string;
    readonly properties?: Readonly<Record<string, string>>;
}

/** Names of the packages that the image got from `packages/`; `undefined` where the server has no such image. */
export function packagesIn(images: readonly Image[], alias: string): string[] | undefined {
    const image = images.find((one) => one.aliases.some(({ name }) => name === alias));
    if (image === undefined) return undefined;
    return (image.properties?.["testudo.packages"] ?? "")
        .split(" ")
        .map((entry) => entry.split("=")[0] ?? "")
        .filter((name) => name !== "");
}

/** A package that a host's image does not have. */
interface Missing extends VendorPackage {
    readonly host: string;
    readonly isLiving: boolean;
    readonly image: string;
}

/**
 * What the plan asks for and the images of its hosts do not have. A living host is judged by the image that it was made
 * from; where the server has that image no more, and whatever was installed by hand, is not looked at.
 */
export function packageFaults(
    plan: Plan,
    living: ReadonlyMap<string, Instance>,
    images: readonly Image[],
    newImage: string | undefined,
): Fault[] {
    const imageOf = (host: string) => living.get(host)?.config["user.testudo.image"];
    const engine = engineFaults(plan, images, imageOf, newImage);
    const missing = plan.hosts
        // Of members that another engine made, it would only say the same again.
        .filter((host) => engine.length === 0 || !host.roles.includes("database"))
        .flatMap((host) => {
            const image = imageOf(host.name) ?? newImage ?? "";
            const there = packagesIn(images, image);
            return vendorPackagesOf(plan, host)
                .filter(({ name }) => there?.includes(name) === false)
                .map((one): Missing => ({
                    ...one,
                    host: host.name,
                    isLiving: living.has(host.name),
                    image,
                }));
        });
    const groups = new Map<string, Missing[]>();
    for (const one of missing) {
        const id = `${one.key} ${one.image} ${one.isLiving}`;
        groups.set(id, [...(groups.get(id) ?? []), one]);
    }
    return [...engine, ...[...groups.values()].map(missingFault)];
}

/** `missing` has the same key and image. */
function missingFault(missing: readonly Missing[]): Fault {
    const [{ key, vendor, image, isLiving }] = missing as [Missing];
    const names = [...new Set(missing.map(({ name }) => name))];
    const hosts = [...new Set(missing.map(({ host }) => host))].join(", ");
    const packages = `the package${names.length === 1 ? "" : "s"} ${names.join(" and ")}`;
    return {
        key,
        rule: isLiving
            ? `needs ${packages} on ${hosts}, and a living host keeps its image (make one as packages/README.md says, then remove these hosts one after the other with \`incus delete --force\`, an \`up\` after each)`
            : `needs ${packages} in the image (put ${vendor}'s .deb files into packages/ and run \`make image\`; packages/README.md says where they come from)`,
        why: `Debian does not carry ${vendor} and hosts have no internet`,
        got: `${image}, which is without`,
    };
}

/** Neither engine reads the other's files, and an image has one of them. */
function engineFaults(
    plan: Plan,
    images: readonly Image[],
    imageOf: (host: string) => string | undefined,
    newImage: string | undefined,
): Fault[] {
    const { engine } = plan.config.database;
    const key = "testudo:database.engine";
    const hosts = hostsOf(plan, "database").map(({ name }) => ({ name, image: imageOf(name) }));
    const others = hosts.filter(({ image }) => {
        const there = image === undefined ? undefined : packagesIn(images, image);
        return (
            there !== undefined && there.includes(perconaServer) !== (engine === "percona-xtradb")
        );
    });
    if (others.length > 0) {
        const stay = engine === "mariadb" ? "percona-xtradb" : "mariadb";
        return [
            {
                key,
                rule: `needs to stay ${stay} (to change it, bring a dump into a new stack)`,
                why: `${others.map(({ name }) => name).join(", ")} have data of ${stay}, which the other engine cannot read`,
                got: engine,
            },
        ];
    }
    const isNew = hosts.some(({ image }) => image === undefined);
    if (engine !== "mariadb" || !isNew || newImage === undefined) return [];
    if (packagesIn(images, newImage)?.includes(perconaServer) !== true) return [];
    return [
        {
            key,
            rule: `needs an image without ${perconaServer} (take its .deb files out of packages/ and run \`make image\`, or name another one in testudo:incus.image)`,
            why: "there it has taken the place of mariadb-server",
            got: `mariadb, and ${newImage}`,
        },
    ];
}
