import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { layersOf } from "./bundles";

// The one place that knows Pulumi's mocks. They hand a test the inputs of a resource, but neither
// its parent nor what it waits for; the request to the monitor has all of it, also for a whole
// program, so that is what is recorded. Mocks never ask a provider: a wrong property passes.

/** The key of the envelope that Pulumi puts around a secret value. */
const envelope = "4dabf18193072939515e22adb298388d";

/** One resource as the program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly custom: boolean;
    /** Name of the parent; null at the top of the stack. */
    readonly parent: string | null;
    /** As sent to the engine: a secret is still in its envelope. */
    readonly sent: Readonly<Record<string, unknown>>;
    /** The same, envelopes opened. */
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Names of all that it waits for, by `dependsOn` or through an input. */
    readonly waitsFor: readonly string[];
    readonly deletedWith: string | null;
    readonly deleteBeforeReplace: boolean;
    readonly protect: boolean;
    readonly ignoreChanges: readonly string[];
    /** Outputs that the engine shall keep encrypted beside those that a provider marks. */
    readonly secretOutputs: readonly string[];
}

/** The parts of the monitor's request that are read here. */
interface Request {
    getType(): string;
    getName(): string;
    getCustom(): boolean;
    getParent(): string;
    getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
    getDependenciesList(): string[];
    getDeletedwith(): string;
    getDeletebeforereplace(): boolean;
    getProtect(): boolean;
    getIgnorechangesList(): string[];
    getAdditionalsecretoutputsList(): string[];
}

export interface RecordOptions {
    /** Outputs of providers are unknown, as in `pulumi preview` of a new stack. */
    readonly preview?: boolean;
    readonly stack?: string;
    /** What a provider answers to a question, by its token. @default the question's own words */
    readonly answer?: (token: string, inputs: Record<string, unknown>) => Record<string, unknown>;
}

/** Everything that a program registered, in the order in which the engine would see it. */
export class Recording {
    constructor(readonly all: readonly Registered[]) {}

    get names(): string[] {
        return this.all.map((one) => one.name);
    }

    get(name: string): Registered {
        const found = this.all.find((one) => one.name === name);
        if (found === undefined)
            throw new Error(`${name} is not registered; there are: ${this.names.join(", ")}`);
        return found;
    }

    ofType(type: string): Registered[] {
        return this.all.filter((one) => one.type === type);
    }

    /** Names of the children of a component, sorted. */
    childrenOf(parent: string): string[] {
        return this.all
            .filter((one) => one.parent === parent)
            .map((one) => one.name)
            .sort();
    }

    /** Does `later` wait for `earlier`, directly or through others? */
    isAfter(later: string, earlier: string, seen = new Set<string>()): boolean {
        return this.get(later).waitsFor.some((name) => {
            if (name === earlier) return true;
            if (seen.has(name)) return false;
            seen.add(name);
            return this.isAfter(name, earlier, seen);
        });
    }
}

/** Runs a program, or a part of one, against mocks and gives back all that it registered. */
export async function record(
    build: () => unknown,
    { preview = false, stack = "test", answer = (_, inputs) => inputs }: RecordOptions = {},
): Promise<Recording> {
    const seen: Registered[] = [];
    // Pulumi takes a stack for every promise, thousands of them, and jest maps each frame to its source.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 1;
    const original = Object.getOwnPropertyDescriptor(MockMonitor.prototype, "registerResource");
    const register = original?.value as typeof MockMonitor.prototype.registerResource;
    MockMonitor.prototype.registerResource = function (request: Request, callback) {
        seen.push(registered(request));
        return register.call(this, request, callback);
    };
    try {
        await pulumi.runtime.setMocks(
            {
                call: ({ token, inputs }) => answer(token, inputs as Record<string, unknown>),
                newResource: ({ type, name, inputs, custom }) => ({
                    id: custom === true && !preview ? `${name}-id` : undefined,
                    state: {
                        ...(inputs as Record<string, unknown>),
                        ...(preview ? {} : providerOutputs(type, name)),
                    },
                }),
            },
            "testudo",
            stack,
            preview,
            "organization",
        );
        await build();
        await pulumi.runtime.disconnect();
    } finally {
        MockMonitor.prototype.registerResource = register;
        Error.stackTraceLimit = stackTraceLimit;
    }
    return new Recording(seen);
}

/** The same recording for the same arguments: a program is registered once, however many tests look at it. */
export function remembered<A extends unknown[]>(
    recordWith: (...args: A) => Promise<Recording>,
): (...args: A) => Promise<Recording> {
    const recordings = new Map<string, Promise<Recording>>();
    return (...args) => {
        const key = JSON.stringify(args);
        const found = recordings.get(key) ?? recordWith(...args);
        recordings.set(key, found);
        return found;
    };
}

/** What a secret output of a resource is in recordings: found anywhere else, it has leaked. */
export function canary(resource: string): string {
    return `CANARY<${resource}>`;
}

/** Places where a secret stands outside of its envelope, as `property.path`. */
export function leaks(
    value: unknown,
    secrets: readonly string[] = ["CANARY<"],
    path = "",
): string[] {
    if (typeof value === "string") {
        return layersOf(value).some((text) => secrets.some((secret) => text.includes(secret)))
            ? [path]
            : [];
    }
    if (typeof value !== "object" || value === null || envelope in value) return [];
    return Object.entries(value).flatMap(([key, inner]) =>
        leaks(inner, secrets, path === "" ? key : `${path}.${key}`),
    );
}

/** Is the whole property in an envelope? */
export function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && envelope in value;
}

/** Any: programs compute with it. */
const publicKeyPem = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiZuDXprGH/j2kIYzoJ631rDsvRN7
kuQsTPCMKlM9PJqEEKrVGK5qDIagaiXo06E7xyl46ulrJMZpjaWUVj51GA==
-----END PUBLIC KEY-----
`;

/** Mocks do not know which outputs a provider marks as secret: said here, from the providers' schemas. */
function providerOutputs(type: string, name: string): Record<string, unknown> {
    const secret = pulumi.secret(canary(name));
    switch (type) {
        case "random:index/randomPassword:RandomPassword":
            return { result: secret };
        case "tls:index/privateKey:PrivateKey":
            return {
                privateKeyPem: secret,
                privateKeyPemPkcs8: secret,
                privateKeyOpenssh: secret,
                publicKeyOpenssh: `ssh-ed25519 PUBLIC-${name}\n`,
                publicKeyPem,
            };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: `REQUEST ${name}\n` };
        case "tls:index/selfSignedCert:SelfSignedCert":
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: `CERTIFICATE ${name}\n` };
        case "aws:ec2/keyPair:KeyPair":
            return { keyName: name };
        case "aws:iam/role:Role":
        case "aws:iam/instanceProfile:InstanceProfile":
            return { name };
        case "aws:ec2/eip:Eip":
            return { publicIp: `public-${name}`, arn: `arn:eip/${name}` };
        case "aws:ec2/networkInterface:NetworkInterface":
            return { arn: `arn:aws:ec2:region:account:network-interface/${name}` };
        case "aws:ec2/routeTable:RouteTable":
            return { arn: `arn:route-table/${name}` };
        default:
            return {};
    }
}

function registered(request: Request): Registered {
    const sent = request.getObject()?.toJavaScript() ?? {};
    return {
        type: request.getType(),
        name: request.getName(),
        custom: request.getCustom(),
        parent: nameOf(request.getParent()),
        sent,
        inputs: opened(sent) as Record<string, unknown>,
        waitsFor: request.getDependenciesList().map((urn) => nameOf(urn) ?? ""),
        deletedWith: nameOf(request.getDeletedwith()),
        deleteBeforeReplace: request.getDeletebeforereplace(),
        protect: request.getProtect(),
        ignoreChanges: request.getIgnorechangesList(),
        secretOutputs: request.getAdditionalsecretoutputsList(),
    };
}

function opened(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(opened);
    if (typeof value !== "object" || value === null) return value;
    if (envelope in value) return opened((value as { value?: unknown }).value);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}

/** The last part of a URN. */
function nameOf(urn: string): string | null {
    return urn === "" ? null : (urn.split("::").at(-1) ?? null);
}
