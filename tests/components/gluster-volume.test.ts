import * as pulumi from "@pulumi/pulumi";
import { GlusterVolume } from "../../components/gluster-volume";
import { foundationOf } from "../helpers/foundation";
import { planOf, type Values } from "../helpers/plans";
import { isSecret, record, remembered, type RecordOptions } from "../helpers/record";

const volume = remembered((options?: RecordOptions, values: Values = {}) =>
    record(() => {
        const bastion = new pulumi.ComponentResource("testudo:index:Bastion", "bastion");
        return new GlusterVolume("storage", {
            foundation: foundationOf(planOf({ preset: "full", ...values })),
            after: [bastion],
        });
    }, options),
);

const children = [
    ...["storage1", "storage2", "storage3"].flatMap((host) => [
        `maker-${host}`,
        `storage-${host}-base`,
        `storage-${host}-confirm`,
        `storage-${host}-push`,
        `storage-${host}-ready`,
    ]),
    "storage-form",
    "storage-storage2-join",
    "storage-storage3-join",
].sort();

test("three members, one forming, two joining (mocks)", async () => {
    expect((await volume()).childrenOf("storage")).toEqual(children);
});

test("a preview of a new stack, all keys unknown, registers the same (mocks)", async () => {
    expect((await volume({ preview: true })).childrenOf("storage")).toEqual(children);
});

test("members are changed in one chain: pushes, then form, then each other one joins (mocks)", async () => {
    const made = await volume({}, { storage: { count: 5 } });
    const hosts = ["storage1", "storage2", "storage3", "storage4", "storage5"];
    const chain = [
        ...hosts.map((host) => `storage-${host}-push`),
        "storage-form",
        ...hosts.slice(1).map((host) => `storage-${host}-join`),
    ];
    for (const [index, later] of chain.entries()) {
        const earlier = chain[index - 1];
        if (earlier !== undefined) expect(made.get(later).waitsFor).toContain(earlier);
    }
});

test("no machine of the tier is dialled before the border is closed (mocks)", async () => {
    const made = await volume();
    for (const host of ["storage1", "storage2", "storage3"]) {
        expect(made.get(`storage-${host}-ready`).waitsFor).toEqual(
            expect.arrayContaining(["border", `maker-${host}`]),
        );
    }
});

test("a new member makes the first one look for it, and no other join again (mocks)", async () => {
    const textOf = async (count: number, step: string) =>
        (await volume({}, { storage: { count } })).get(step).inputs.create;
    expect(await textOf(4, "storage-form")).not.toBe(await textOf(3, "storage-form"));
    expect(await textOf(4, "storage-storage3-join")).toBe(await textOf(3, "storage-storage3-join"));
});

test("files travel secret on standard input (mocks)", async () => {
    expect(isSecret((await volume()).get("storage-storage1-push").sent.stdin)).toBe(true);
});
