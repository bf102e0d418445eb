import { markOf } from "../../operations/marks";
import type { Stack } from "../../operations/stack";
import { FakeStack } from "../helpers/fake-stack";

const existing = (stack: FakeStack): Stack => ({
    name: stack.name,
    outputs: { platform: "ssh" },
    hosts: stack.hosts,
    hostsOf: (role) => stack.hostsOf(role),
    run: (host, command) => stack.run(host, command),
});

test("where machines exist already, the others keep the note that one has left", async () => {
    const stack = new FakeStack({ "load-balancer": 1, database: 3 }).kill("db1");
    await expect(markOf(existing(stack))("test", "db3", "left")).resolves.toBe(true);
    const note = "mkdir -p /etc/testudo/gone && : >/etc/testudo/gone/db3";
    expect(stack.ran).toEqual([`lb1 ${note}`, `db1 ${note}`, `db2 ${note}`]);
});

test("a note that nobody has is none", async () => {
    const stack = new FakeStack({ database: 2 }).kill("db1");
    await expect(markOf(existing(stack))("test", "db2", "left")).rejects.toThrow(
        "none of the others could be told (no route to host)",
    );
});

test("whoever is made anew notes that by itself", async () => {
    const stack = new FakeStack({ database: 2 });
    await expect(markOf(existing(stack))("test", "db2", "replace")).resolves.toBe(true);
    expect(stack.ran).toEqual([]);
});
