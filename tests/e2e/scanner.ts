import { client } from "./client";
import { outputs, sh } from "./lab";

/** One finding of testssl.sh. */
export interface Finding {
    readonly id: string;
    readonly severity: "DEBUG" | "INFO" | "OK" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL" | "WARN";
    readonly finding: string;
}

export interface Scan {
    readonly findings: readonly Finding[];
    readonly grade: string;
    readonly seconds: number;
}

/** Everything that the grade is made of, and nothing else: the rest takes as long again. */
const checks = [
    ...["--protocols", "--std", "--fs", "--server-defaults", "--headers", "--rc4", "--logjam"],
    ...["--heartbleed", "--ccs-injection", "--ticketbleed", "--robot", "--renegotiation"],
    ...["--crime", "--poodle", "--tls-fallback", "--drown", "--beast"],
];

/**
 * The scanner says goodbye as soon as TLS 1.3 stands, in half of all runs before the server's ticket has come; then it has
 * none to come back with, and takes that for a connection that failed. It counts for no grade.
 */
const comesTooEarly = ({ id, finding }: Finding): boolean =>
    id === "sessionresumption_ticket" && finding.includes("connect problem");

/**
 * Grades the floating address as a visitor sees it who trusts the stack's authority. Once more where the scanner could not
 * make one of its own connections in time (a busy machine): that is no finding about the edge.
 */
export async function scan(): Promise<Scan> {
    const first = await once();
    const cutOff = first.findings.some(({ finding }) => finding.includes("connect problem"));
    return cutOff ? once() : first;
}

async function once(): Promise<Scan> {
    const { vip } = await outputs();
    const began = Date.now();
    // Its exit status counts findings.
    const text = await sh(
        client,
        `command -v testssl >/dev/null || { echo "the visitor's image has no testssl.sh: it is older than platform/image-packages; make image" >&2; exit 1; }
rm -rf /root/scan && mkdir /root/scan && cd /root/scan
timeout 150 testssl --quiet --color 0 --warnings off --nodns none --connect-timeout 10 --openssl-timeout 10 --add-ca /root/e2e/ca.pem ${checks.join(" ")} --jsonfile scan.json ${vip} >scan.log 2>&1
[ $? -lt 200 ] || { tail -n 20 scan.log >&2; exit 1; }
cat scan.json`,
        { timeoutSeconds: 170 },
    );
    const findings = (JSON.parse(text) as Finding[]).filter((one) => !comesTooEarly(one));
    const grade = findings.find(({ id }) => id === "overall_grade")?.finding;
    if (grade === undefined) throw new Error(`the scan came to no grade:\n${text.slice(-2000)}`);
    return { findings, grade, seconds: (Date.now() - began) / 1000 };
}
