import type { FileSpec, HostFacts } from "./role";

/** What `testudo import` finds on a host that runs PHP; its parts in the order in which they are read. */
export function importFiles<F extends HostFacts>(library: string): FileSpec<F>[] {
    return [
        { path: `${library}/import`, mode: "0755", check: `bash -n ${library}/import` },
        ...["import", "import-rewrite", "import-text", "import-wordpress"].map((name) => ({
            path: `${library}/${name}.php`,
            check: `php -l ${library}/${name}.php`,
        })),
    ];
}
