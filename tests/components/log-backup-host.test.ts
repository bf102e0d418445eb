import * as pulumi from "@pulumi/pulumi";
import { LogBackupHost } from "../../components/log-backup-host";
import { foundationOf } from "../helpers/foundation";
import { planOf } from "../helpers/plans";
import { record } from "../helpers/record";

test("one host with its base, after the border, and nothing else yet (mocks)", async () => {
    const made = await record(() => {
        const bastion = new pulumi.ComponentResource("testudo:index:Bastion", "bastion");
        return new LogBackupHost("ops", {
            foundation: foundationOf(planOf({ preset: "full" })),
            after: [bastion],
        });
    });
    expect(made.childrenOf("ops")).toEqual(
        ["ops-ops1-base", "ops-ops1-confirm", "ops-ops1-ready", "maker-ops1"].sort(),
    );
    expect(made.get("ops-ops1-ready").waitsFor).toEqual(
        expect.arrayContaining(["border", "maker-ops1"]),
    );
});
