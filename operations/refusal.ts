/** What a person should read, without a stack trace: what, where, why, what to do. */
export class Refusal extends Error {
    override readonly name = "Refusal";
}
