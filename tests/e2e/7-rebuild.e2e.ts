import { curl } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import { hostsOf, incus, instances, needsUp, outputs, sh, tool, up } from "./lab";

beforeAll(needsUp);

describe("hosts that were deleted behind our back", () => {
    test("up makes them again and they serve; the member's data were on its volume and are still there", async () => {
        await whole();
        const [, web = ""] = await hostsOf("web");
        const [, , member = ""] = await hostsOf("database");
        const nonces = async () =>
            Object.fromEntries(
                (await instances()).map((one) => [one.name, one.config["user.testudo.nonce"]]),
            );
        const before = await nonces();
        const age = await sh(
            member,
            "stat -c %i:%W /var/lib/mysql/ibdata1; sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat",
        );
        await incus(["delete", "--force", web, member]);

        const finished = await tool("up", []);
        figure("up with a web host and a member gone", finished.seconds, "s");
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        figure("full redundancy after that", await whole(), "s");

        const after = await nonces();
        for (const host of Object.keys((await outputs()).hosts))
            expect([host, after[host] !== before[host]]).toEqual([
                host,
                host === web || host === member,
            ]);
        expect(
            await sh(
                member,
                "stat -c %i:%W /var/lib/mysql/ibdata1; sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat",
            ),
        ).toBe(age);

        const { siteUrl } = await outputs();
        const heads = await curl([
            "--head",
            ...Array.from({ length: 8 }, (_, index) => `${siteUrl}?${index}`),
        ]);
        expect(heads).toContain(`x-served-by: ${web}`.toLowerCase());
        expect(heads.match(/^HTTP\/\S+ 200/gim)).toHaveLength(8);
    }, 400_000);

    test("after that there is nothing to change", async () => {
        const finished = await up(["--expect-no-changes"]);
        expect(finished.code).toBe(0);
        await whole(60);
    }, 300_000);
});
