import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One call of the API that arrived with a right signature. */
export interface Call {
    readonly action: string;
    readonly parameters: Readonly<Record<string, string>>;
}

export const credentials = {
    AccessKeyId: "ASIATESTTESTTEST",
    SecretAccessKey: "secret/with+signs=and\\not",
    Token: "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVz+==",
};

interface Reply {
    readonly status?: number;
    readonly body: string;
}

/**
 * A metadata service of version 2 and an EC2 API on loopback, for scripts of hosts. It checks signatures by the published
 * algorithm, written here a second time; what it answers is what a test tells it.
 */
export class Ec2Api {
    readonly calls: Call[] = [];
    /** Requests that were refused, and why. */
    readonly refused: string[] = [];
    answer: (call: Call) => Reply = () => ({
        body: "<ok/>",
    });
    /** Addresses that the metadata service lists for the machine's interface. */
    localAddresses: string[] = [];
    private readonly server: Server;

    constructor(private readonly region: string) {
        this.server = createServer((request, response) => {
            void bodyOf(request).then((body) => {
                const { status = 200, body: text } = (request.url ?? "").startsWith("/latest/")
                    ? this.metadata(request)
                    : this.api(request, body);
                response.writeHead(status).end(text);
            });
        });
    }

    async start(): Promise<string> {
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    async stop(): Promise<void> {
        await new Promise((resolve) => this.server.close(resolve));
    }

    private metadata({ method, url = "", headers }: IncomingMessage): Reply {
        if (url === "/latest/api/token") {
            const isAsked = method === "PUT" && headers["x-aws-ec2-metadata-token-ttl-seconds"];
            return isAsked ? { body: "TOKEN==" } : this.refuse(`${method ?? ""} ${url}`, 405);
        }
        if (headers["x-aws-ec2-metadata-token"] !== "TOKEN==")
            return this.refuse(`no token for ${url}`, 401);
        if (url.endsWith("/security-credentials/")) return { body: "role-of-lb1" };
        if (url.endsWith("/security-credentials/role-of-lb1"))
            return { body: JSON.stringify({ Code: "Success", ...credentials }, null, 2) };
        if (url.endsWith("/local-ipv4s")) return { body: this.localAddresses.join("\n") };
        return this.refuse(url, 404);
    }

    private api({ method, url = "", headers }: IncomingMessage, body: string): Reply {
        const given = headers.authorization ?? "";
        const wanted = this.signature(method ?? "", url, headers, body, given);
        if (given !== wanted) return this.refuse(`signature: ${given}, not ${wanted}`, 401);
        const { Action = "", ...parameters } = Object.fromEntries(new URLSearchParams(body));
        const call = { action: Action, parameters };
        this.calls.push(call);
        return this.answer(call);
    }

    /** AWS Signature Version 4, for the headers that the request says are signed. */
    private signature(
        method: string,
        url: string,
        headers: IncomingMessage["headers"],
        body: string,
        given: string,
    ): string {
        const signed = /SignedHeaders=([^,]+)/.exec(given)?.[1] ?? "";
        const date = String(headers["x-amz-date"]);
        const scope = `${date.slice(0, 8)}/${this.region}/ec2/aws4_request`;
        const canonical = [
            method,
            url,
            "",
            ...signed.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
            "",
            signed,
            sha256(body),
        ].join("\n");
        const key = [date.slice(0, 8), this.region, "ec2", "aws4_request"].reduce<Buffer | string>(
            (last, part) => createHmac("sha256", last).update(part).digest(),
            `AWS4${credentials.SecretAccessKey}`,
        );
        const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
        const mac = createHmac("sha256", key).update(text).digest("hex");
        const isWhole = ["host", "x-amz-date", "x-amz-security-token"].every((name) =>
            signed.split(";").includes(name),
        );
        return isWhole
            ? `AWS4-HMAC-SHA256 Credential=${credentials.AccessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${mac}`
            : `a signature that covers host, date and token (${signed})`;
    }

    private refuse(why: string, status: number): Reply {
        this.refused.push(why);
        return { status, body: "" };
    }
}

function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

async function bodyOf(request: IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
}
