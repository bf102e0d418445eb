import { Forge } from "./forge";
import { client, clientAddress, needsClient, place } from "./client";
import { sh } from "./lab";
import { put } from "./put";

/** An ACME authority in the outside zone: Let's Encrypt's own for tests, which asks the balancers as the real one does. */
export interface Pebble {
    /** Address of its directory. */
    readonly directory: string;
    /** PEM by which the directory is believed. */
    readonly ca: string;
    /** In the visitor: PEM of the root by which it signs, made anew at each start. */
    readonly root: string;
    start(): Promise<void>;
    stop(): Promise<void>;
    remove(): Promise<void>;
}

const folder = "/root/pebble";

/** @param names Lead to `address` in the visitor, for the authority and for visitors. */
export async function makePebble(
    forge: Forge,
    names: readonly string[],
    address: string,
): Promise<Pebble> {
    await needsClient();
    const own = await clientAddress();
    const shown = await forge.certificate("stranger", "pebble", "acme", "present", `IP:${own}`);
    const config = {
        pebble: {
            listenAddress: `${own}:14000`,
            managementListenAddress: `${own}:15000`,
            certificate: `${folder}/tls.pem`,
            privateKey: `${folder}/tls.key`,
            httpPort: 80,
            tlsPort: 443,
            ocspResponderURL: "",
        },
    };
    await sh(
        client,
        `command -v pebble >/dev/null || { echo "the visitor's image has no pebble: it is older than platform/image-packages; make image" >&2; exit 1; }
sed -i '/ # pebble$/d' /etc/hosts
echo '${address} ${names.join(" ")} # pebble' >>/etc/hosts`,
    );
    for (const [name, input] of [
        ["config.json", JSON.stringify(config)],
        ["tls.pem", shown.certificate],
        ["tls.key", shown.key],
        ["ca.pem", forge.stranger],
    ])
        await put(client, `${folder}/${name ?? ""}`, input ?? "", { mode: "0600" });
    const root = `${place}/pebble-root.pem`;
    return {
        directory: `https://${own}:14000/dir`,
        ca: forge.stranger,
        root,
        start: async () => {
            await sh(
                client,
                `systemctl reset-failed pebble.service 2>/dev/null || true
systemd-run --quiet --unit=pebble --setenv=PEBBLE_VA_NOSLEEP=1 pebble -config ${folder}/config.json
for i in $(seq 100); do
    ! curl --silent --fail --cacert ${folder}/ca.pem --output ${root} https://${own}:15000/roots/0 || exit 0
    sleep 0.2
done
journalctl --unit pebble --lines 20 --no-pager >&2
exit 1`,
            );
        },
        stop: async () => {
            await sh(client, "systemctl stop pebble.service");
        },
        remove: async () => {
            await sh(
                client,
                `systemctl stop pebble.service 2>/dev/null || true; sed -i '/ # pebble$/d' /etc/hosts; rm -rf ${folder} ${root}`,
            );
        },
    };
}
