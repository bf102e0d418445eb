import { markMachine } from "../../../components/machines/incus-marks";
import { FakeIncus } from "../../helpers/fake-incus";

// The real code against a program that answers like Incus.

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
});
afterEach(() => {
    incus.remove();
});

const member = "local:testudo-test user.testudo.member.db4";

test("a machine that is there is marked", async () => {
    incus.answer("incus config show local:db4 --project testudo-test", {});
    incus.answer("incus config set local:db4 user.testudo.left=true --project testudo-test", {});
    await expect(markMachine("test", "db4", "left")).resolves.toBe(true);
});

test("of a host without a machine the project forgets that it was a member", async () => {
    incus.print(`incus project get ${member}`, "database");
    // Nobody answers the removal of the note: it is asked for.
    await expect(markMachine("test", "db4", "left")).rejects.toThrow(`project unset ${member}`);
    incus.print(`incus project unset ${member}`, "");
    await expect(markMachine("test", "db4", "left")).resolves.toBe(false);
});

test("a platform that does not answer has not said that there is no machine", async () => {
    incus.silence();
    await expect(markMachine("test", "db4", "left")).rejects.toThrow("connection refused");
});
