import { client, curl, needsClient } from "./client";
import { figure } from "./figures";
import { hostsOf, needsUp, outputs } from "./lab";
import { put } from "./put";
import { until } from "./shell";
import { fromWeb, logIn, rest } from "./site";

beforeAll(needsUp);
beforeAll(needsClient);

/** The smallest picture that PHP takes for one. */
const picture = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
);

describe("a picture that an editor uploads", () => {
    let address = "";
    let id = 0;
    let nonce = "";

    test("is shown by every web host, whichever host took it, also where nobody has asked for it before", async () => {
        if ((await hostsOf("storage")).length === 0)
            throw new Error(
                "the stack has no storage hosts; this test is for one with preset full",
            );
        nonce = await logIn();
        const path = "/root/e2e/tortoise.png";
        await put(client, path, picture.toString("latin1"), { encoding: "latin1" });
        const begun = Date.now();
        const made = await rest<{ id: number; source_url: string }>(nonce, "media", [
            ...["--header", "Content-Disposition: attachment; filename=tortoise.png"],
            ...["--header", "Content-Type: image/png", "--data-binary", `@${path}`],
        ]);
        figure("a picture is uploaded", (Date.now() - begun) / 1000, "s");
        id = made.id;
        address = new URL(made.source_url).pathname;
        expect(address).toMatch(/^\/wp-content\/uploads\/.*tortoise.*\.png$/);
        for (const web of await hostsOf("web")) {
            for (const time of ["first", "second"]) {
                const answer = await fromWeb(web, address);
                expect([web, time, answer.split("\r\n")[0]]).toEqual([
                    web,
                    time,
                    "HTTP/1.1 200 OK",
                ]);
                expect(answer).toMatch(/^content-type: image\/png/im);
            }
        }
        const { siteUrl } = await outputs();
        expect(await curl(["--head", new URL(address, siteUrl).href])).toMatch(/^HTTP\/\S+ 200/);
    });

    test("is gone from every web host soon after it is deleted", async () => {
        await rest(nonce, `media/${id}?force=true`, ["--request", "DELETE"]);
        const begun = Date.now();
        for (const web of await hostsOf("web"))
            await until(`${address} gone from ${web}`, 90, async () =>
                /^HTTP\/\S+ 404/.test(await fromWeb(web, address)) ? [] : ["it is still shown"],
            );
        figure(
            "a picture is deleted: no web host shows it after",
            (Date.now() - begun) / 1000,
            "s",
        );
    });

    test("runs nothing, whatever it is called", async () => {
        for (const web of await hostsOf("web"))
            for (const name of ["x.php", "x.phtml", "x.php.png", ".hidden"])
                expect(await fromWeb(web, `/wp-content/uploads/${name}`)).toMatch(/^HTTP\/\S+ 404/);
    });
});
