import { makeClient, measure, type Measurement, client } from "../e2e/client";
import { outputs, sh } from "../e2e/lab";

const place = "/root/e2e";

interface Public {
    readonly publicAddress: string;
    readonly siteUrl: string;
}

export async function publicPlace(): Promise<Public> {
    return (await outputs()) as unknown as Public;
}

/** A visitor who types the site's name, which DNS has the public address for. */
export async function makeVisitor(): Promise<void> {
    await makeClient();
    const { publicAddress, siteUrl } = await publicPlace();
    await sh(client, `echo '${publicAddress} ${new URL(siteUrl).hostname}' >>/etc/hosts`);
}

/** A static file every 20 ms and a page made each time twice a second, each over a new verified connection. */
export async function visitors(): Promise<Measurement> {
    const name = new URL((await publicPlace()).siteUrl).hostname;
    return measure(client, [
        ...[`${place}/prober.py`, name, `${place}/ca.pem`],
        ...["static=/wp-includes/images/blank.gif,20", "page=/?visit={n},500"],
    ]);
}
