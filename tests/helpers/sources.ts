import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** The checkout. */
export const root = join(__dirname, "..", "..");

/** All files below a folder of the checkout, as paths relative to it, sorted. */
export function filesBelow(folder: string): string[] {
    const path = join(root, folder);
    return readdirSync(path)
        .filter((name) => name !== "node_modules" && name !== ".git")
        .flatMap((name) => {
            const inner = join(path, name);
            return statSync(inner).isDirectory()
                ? filesBelow(relative(root, inner))
                : [relative(root, inner)];
        })
        .sort();
}

export function textOf(path: string): string {
    return readFileSync(join(root, path), "utf8");
}

/** TypeScript modules below a folder. */
export function modulesBelow(folder: string): string[] {
    return filesBelow(folder).filter((path) => path.endsWith(".ts"));
}

/** What a module imports, as written. */
export function importsOf(path: string): string[] {
    return [...textOf(path).matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)";/gms)].map(
        (match) => match[1] ?? "",
    );
}
