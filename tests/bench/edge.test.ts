import { edgeTable, type EdgeTimes } from "./edge";
import type { Cell } from "./report";

const times: EdgeTimes = {
    http: {
        connect: [0.001, 0.001],
        handshake: [0, 0],
        first: [0.001, 0.001],
        kept: [0.001, 0.001],
    },
    https: {
        connect: [0.001, 0.001],
        handshake: [0.005, 0.007],
        first: [0.002, 0.002],
        kept: [0.0015, 0.0015],
    },
    version: "TLSv1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
};
const cell = (target: string): Cell => ({
    kind: "kept",
    target,
    rounds: [{ visits: [[0.01, 0.06]], errors: {}, seconds: 1 }],
    perSecond: [],
});

test("what TLS adds is the difference of two answers of the same process, and its part of a whole visit", () => {
    const text = edgeTable(times, [cell("cluster"), cell("one host")]);
    expect(text).toMatch(/new connection and one answer +\| 2\.00 ms +\| 9\.00 ms +\| 7\.00 ms/);
    expect(text).toMatch(/of it the handshake +\| +\| 6\.00 ms/);
    expect(text).toMatch(/one more answer on it +\| 1\.00 ms +\| 1\.50 ms +\| 0\.50 ms/);
    expect(text).toContain(
        "A new connection's TLS is 10.0 % of the p50 of a whole visit to a page that is kept (70.0 ms).",
    );
});
