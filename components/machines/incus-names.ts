/** Incus project of a stack. */
export function projectName(stack: string): string {
    return `testudo-${stack}`;
}

/** Bridge of a zone; Linux allows an interface name 15 characters, which bounds the stack's name. */
export function bridgeName(stack: string, zone: "public" | "private" | "outside"): string {
    return `td${stack}-${{ public: "pub", private: "prv", outside: "out" }[zone]}`;
}
