import { ask } from "./lab";

/**
 * What is missing to whole and reachable uploads. Gluster's answers cost more than those of all other tiers together:
 * one host is asked, for all.
 */
export async function uploadsMissing(
    storageHosts: readonly string[],
    mounting: readonly string[],
): Promise<string[]> {
    const [first] = storageHosts;
    if (first === undefined) return [];
    const faults = [await storage(first)];
    for (const host of mounting) faults.push(await mounted(host));
    return faults.flat();
}

/** Its daemons run, and no file waits to be copied. */
async function storage(host: string): Promise<string[]> {
    const answer = await ask(host, "/usr/local/lib/testudo/storage/status 2>/dev/null || true");
    if (!answer?.trim()) return [`${host} does not answer`];
    const { bricks, ...left } = JSON.parse(answer) as StorageState;
    const some = (count: number | null) => count ?? "nobody knows how many";
    return [
        ...(bricks.length === 0 ? ["does not say which bricks there are"] : []),
        ...bricks
            .filter(({ online }) => !online)
            .map((brick) => `the brick of ${brick.host} is down`),
        ...(left.healPending === 0 ? [] : [`${some(left.healPending)} files to be healed`]),
        // Not looked for where many files wait.
        ...((left.splitBrain ?? 0) === 0 ? [] : [`${left.splitBrain} files in split brain`]),
        ...(left.bricksUnreached === 0 ? [] : [`${some(left.bricksUnreached)} bricks unreached`]),
    ].map((line) => `${host}: ${line}`);
}

interface StorageState {
    readonly bricks: readonly { readonly host: string; readonly online: boolean | null }[];
    readonly healPending: number | null;
    readonly splitBrain: number | null;
    readonly bricksUnreached: number | null;
}

async function mounted(host: string): Promise<string[]> {
    const answer = await ask(
        host,
        "timeout 5 mountpoint -q /srv/site/uploads && timeout 5 stat -t /srv/site/uploads/. >/dev/null && echo mounted",
    );
    return answer?.includes("mounted") === true ? [] : [`${host} does not reach the uploads`];
}
