/** One try of a visitor or a writer; times in seconds since the epoch. */
export interface Attempt {
    readonly kind: string;
    readonly start: number;
    readonly end: number;
    readonly ok: boolean;
    readonly id?: string;
    readonly status?: number;
    readonly servedBy?: string;
    readonly error?: string;
    /** Of a visit with a session: what the site counted, absent where it had no session, and why a session is gone. */
    readonly visits?: number;
    readonly lost?: string;
}

export interface Loss {
    readonly attempts: number;
    readonly failed: number;
    /** Longest span of start times without a success, seconds; an unbroken run shows its tick. */
    readonly gap: number;
    /** Longest time in which no success came to its end, seconds: what somebody sees who watches the answers. */
    readonly silence: number;
    /** Longest time that a success took, seconds. */
    readonly slowest: number;
    /** Each different error with its count. */
    readonly errors: Readonly<Record<string, number>>;
}

/** What the attempts that started in a window have lost. */
export function loss(attempts: readonly Attempt[], from = -Infinity, to = Infinity): Loss {
    const inside = attempts
        .filter((one) => one.start >= from && one.start <= to)
        .sort((a, b) => a.start - b.start);
    const first = inside[0];
    const last = inside[inside.length - 1];
    if (first === undefined || last === undefined)
        throw new Error("no attempt was made in the window: nothing was measured");
    const successes = inside.filter((one) => one.ok);
    const ends = successes.map((one) => one.end).sort((a, b) => a - b);
    const marks = [first.start, ...successes.map((one) => one.start), last.start];
    const errors: Record<string, number> = {};
    for (const one of inside.filter((attempt) => !attempt.ok))
        errors[one.error ?? "?"] = (errors[one.error ?? "?"] ?? 0) + 1;
    return {
        attempts: inside.length,
        failed: inside.filter((one) => !one.ok).length,
        gap: longestStep(marks),
        silence: longestStep([first.start, ...ends, Math.max(last.start, ends.at(-1) ?? 0)]),
        slowest: Math.max(0, ...successes.map((one) => one.end - one.start)),
        errors,
    };
}

function longestStep(marks: readonly number[]): number {
    return Math.max(0, ...marks.slice(1).map((mark, index) => mark - (marks[index] ?? mark)));
}

/** Losses of several kinds of attempts, errors added up. */
export function errorsOf(...losses: readonly Loss[]): Record<string, number> {
    const all: Record<string, number> = {};
    for (const { errors } of losses)
        for (const [error, count] of Object.entries(errors)) all[error] = (all[error] ?? 0) + count;
    return all;
}

export function ofKind(attempts: readonly Attempt[], kind: string): Attempt[] {
    return attempts.filter((one) => one.kind === kind);
}

/** A row as a database member keeps it. */
export interface Row {
    readonly id: string;
    /** When a member began the statement; seconds since the epoch, by the clock that all containers share. */
    readonly taken: number;
    /** The member that the writer's connection led to. */
    readonly member: string;
}

/** Most members that took writes over the same time: 1 where each begins after the one before has ended. */
export function writersAtOnce(rows: readonly Row[]): number {
    const spans = new Map<string, { from: number; to: number }>();
    for (const { member, taken } of rows) {
        const span = spans.get(member);
        spans.set(member, {
            from: Math.min(taken, span?.from ?? taken),
            to: Math.max(taken, span?.to ?? taken),
        });
    }
    const all = [...spans.values()];
    return Math.max(
        0,
        ...all.map(
            ({ from }) => all.filter((other) => other.from <= from && from <= other.to).length,
        ),
    );
}

/** Acknowledged writes that are not among the rows. */
export function lost(attempts: readonly Attempt[], rows: readonly Row[]): string[] {
    const present = new Set(rows.map((row) => row.id));
    return attempts
        .filter((one) => one.ok && !present.has(one.id ?? ""))
        .map((one) => one.id ?? "");
}
