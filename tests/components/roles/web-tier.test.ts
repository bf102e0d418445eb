import { fileOf } from "../../helpers/facts";
import { hostOf, planOf, type Values } from "../../helpers/plans";

const siteConfig = "/etc/nginx/conf.d/site.conf";

function text(path: string, values: Values = {}, name = "web1"): string {
    const plan = planOf(values);
    return fileOf(plan, hostOf(plan, name), path);
}

test("a visitor's address is believed only from the balancers", () => {
    expect(text(siteConfig).match(/set_real_ip_from \S+;/g)).toEqual([
        "set_real_ip_from 10.91.0.11;",
        "set_real_ip_from 10.91.0.12;",
    ]);
});
