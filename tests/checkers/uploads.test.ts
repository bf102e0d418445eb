import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOf } from "../helpers/facts";
import { full, hostOf, planOf } from "../helpers/plans";
import { inImage, workFolder } from "./image";

// A web host's two nginx from the image, with the files that they really get: what visitors are told of uploads.

// On loopback, where the web host's address is ours.
const plan = planOf({
    ...full,
    network: {
        supernet: "127.90.0.0/16",
        public: "127.90.0.0/24",
        private: "127.90.1.0/24",
        outside: "127.90.2.0/24",
        vip: "127.90.0.10",
        innerVip: "127.90.1.10",
    },
});
const web = hostOf(plan, "web1");
let work = "";

beforeAll(() => {
    work = workFolder();
    for (const { path, content } of filesOf(plan, web).get("web") ?? []) {
        if (!path.startsWith("/etc/nginx/")) continue;
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), content);
    }
});
afterAll(() => {
    if (work !== "") rmSync(work, { recursive: true });
});

/** The balancer's certificate and the authority are one here: a self-signed one with the balancer's role. */
const script = `
set -e
ip link set lo up
cp -r /run/work/etc/nginx/. /etc/nginx/
rm -f /etc/nginx/sites-enabled/default
tls=/etc/testudo/tls/web
mkdir -p "$tls" /run/nginx-uploads /run/testudo-uploads /srv/site/uploads /var/lib/nginx/testudo-uploads
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /OU=load-balancer/CN=lb1 \
    -keyout /tmp/key -out "$tls/ca.pem" 2>/dev/null
cat "$tls/ca.pem" /tmp/key >"$tls/host.pem"
for name in kept.png asked.zip; do echo "$name" >"/srv/site/uploads/$name"; done
chmod -R a+rX /srv/site
nginx 2>/dev/null &
nginx -c /etc/nginx/uploads.conf 2>/dev/null &
for try in $(seq 100); do
    if [ -S /run/nginx-uploads/files.sock ] && : 2>/dev/null </dev/tcp/${web.address}/8443; then break; fi
    sleep 0.1
done
ask() {
    printf '%s:' "$1"
    for name in kept.png asked.zip; do
        printf ' %s' "$(curl --insecure --silent --cert "$tls/host.pem" --output /dev/null --write-out '%{http_code}' \
            "https://${web.address}:8443/wp-content/uploads/$name")"
    done
    echo
}
answers=/run/testudo-uploads/answers anew=/run/testudo-uploads-anew
: >"$answers"; ask there
: >"$anew"; ask going
rm "$answers"; ask anew
rm "$anew"; ask away
`;

test("while the mount is made anew a balancer is told to ask another host; while storage is away, that it is away; what is kept is shown", () => {
    expect(inImage(work, script).stdout.trim().split("\n")).toEqual([
        "there: 200 200",
        "going: 200 502",
        "anew: 200 502",
        "away: 200 503",
    ]);
});
