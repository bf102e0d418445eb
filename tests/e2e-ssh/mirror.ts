import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { checkout } from "../e2e/lab";
import { must, run } from "../e2e/shell";

// Machines that lack packages fetch them from here, over their own bridge; what this machine's apt fetches from its own
// mirror is kept. Lists are fetched anew by each run, files in the pool never change.

const cache = join(
    process.env.TESTUDO_CACHE ??
        join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "testudo"),
    "plain-mirror",
);

/** A path below a mirror, as apt asks for it. */
const asked = /^\/(debian|debian-security)(\/(?:[A-Za-z0-9_.+~:-]+\/)*[A-Za-z0-9_.+~:-]+)$/;

export interface Mirror {
    close(): void;
}

export async function openMirror(address: string, port: number): Promise<Mirror> {
    rmSync(join(cache, "lists"), { recursive: true, force: true });
    const upstream = {
        debian: await mirrorOf(""),
        "debian-security": await mirrorOf("-security"),
    };
    const fetching = new Map<string, Promise<number>>();
    const server: Server = createServer((request, response) => {
        const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
        const [, part = "", rest = ""] = asked.exec(path) ?? [];
        if (rest === "" || rest.includes("/../")) {
            response.writeHead(404).end();
            return;
        }
        const file = join(cache, rest.startsWith("/pool/") ? "pool" : "lists", part, rest);
        const source = `${upstream[part as keyof typeof upstream]}${rest}`;
        const ready = fetching.get(file) ?? fetched(source, file);
        fetching.set(file, ready);
        void ready.then((status) => {
            // Asked again it may be there.
            if (status !== 200) fetching.delete(file);
            answer(response, status, file);
        });
    });
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, address, resolve);
    });
    return {
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

function answer(response: ServerResponse, status: number, file: string): void {
    if (status === 200) createReadStream(file).pipe(response.writeHead(status));
    else response.writeHead(status).end();
}

/**
 * The status to answer with: apt takes 404 for the last word, and tries 503 again. By apt's own helper: it knows this
 * machine's proxy and certificates.
 */
async function fetched(source: string, file: string): Promise<number> {
    if (existsSync(file)) return 200;
    mkdirSync(dirname(file), { recursive: true });
    const part = `${file}.part-${process.pid}`;
    const { code, text } = await run(["/usr/lib/apt/apt-helper", "download-file", source, part], {
        timeoutSeconds: 300,
    });
    if (code !== 0) return /\b404\b/.test(text) ? 404 : 503;
    renameSync(part, file);
    return 200;
}

async function mirrorOf(suffix: string): Promise<string> {
    const uri = await must(
        [
            "bash",
            "-c",
            `. platform/lib.sh; . /etc/os-release; mirror_of "$VERSION_CODENAME${suffix}"`,
        ],
        { cwd: checkout },
    );
    return uri.replace(/\/$/, "");
}
