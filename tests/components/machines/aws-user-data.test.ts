import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { userData, userDataLimit } from "../../../components/machines/aws-user-data";
import { textOf } from "../../helpers/sources";

const args = {
    host: "db1",
    nonce: "0123456789abcdef",
    hostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----\n",
    hostPublicKey: "ssh-ed25519 AAAAHOST\n",
    authorizedKeys: ["ssh-ed25519 AAAAOPERATOR\n"],
    data: { volumeId: "vol-0abc", path: "/var/lib/mysql" },
};

test("cloud-init reads it: name, keys, nobody but root, and the data before sshd", () => {
    const text = userData(args);
    expect(text.split("\n").slice(0, 2)).toEqual(["#cloud-config", "# db1 0123456789abcdef"]);
    const config = parse(text) as Record<string, unknown>;
    expect(config).toMatchObject({
        hostname: "db1",
        users: [],
        disable_root: false,
        ssh_pwauth: false,
        ssh_authorized_keys: ["ssh-ed25519 AAAAOPERATOR"],
        ntp: { enabled: true, servers: ["169.254.169.123"] },
        ssh_deletekeys: true,
        ssh_keys: { ed25519_private: args.hostKey, ed25519_public: "ssh-ed25519 AAAAHOST" },
    });
    const script = textOf("components/machines/aws/data-volume");
    expect(config.bootcmd).toEqual([
        ["bash", "-c", script, "data-volume", "vol-0abc", "/var/lib/mysql"],
    ]);
});

test("a host without data mounts nothing", () => {
    expect(parse(userData({ ...args, data: undefined }))).not.toHaveProperty("bootcmd");
});

test("a new machine has other user-data, the same machine the same", () => {
    expect(userData(args)).toBe(userData(args));
    expect(userData({ ...args, nonce: "fedcba9876543210" })).not.toBe(userData(args));
});

test("with the longest keys there are, it is far below EC2's limit", () => {
    // An RSA key of 4096 bits is 3.4 KiB in OpenSSH's format; ours are Ed25519.
    const long = {
        ...args,
        hostKey: "x".repeat(3_500),
        authorizedKeys: ["x".repeat(800), "x".repeat(800)],
    };
    expect(Buffer.byteLength(userData(args))).toBeLessThan(4096);
    expect(Buffer.byteLength(userData(long))).toBeLessThan(userDataLimit / 2);
});

describe("the script of the data volume, with stand-ins for what touches disks", () => {
    let folder: string;
    const made = () =>
        existsSync(join(folder, "did")) ? readFileSync(join(folder, "did"), "utf8") : "";
    const stand = (name: string, body: string) => {
        writeFileSync(join(folder, name), `#!/bin/bash\n${body}\n`);
        chmodSync(join(folder, name), 0o755);
    };
    const run = (patience = 300) => {
        const script = join(folder, "data-volume");
        const text = textOf("components/machines/aws/data-volume");
        writeFileSync(script, text.replace("patience=300", `patience=${patience}`));
        return spawnSync("bash", [script, "vol-0abc", join(folder, "data")], {
            encoding: "utf8",
            env: { PATH: `${folder}:/usr/bin:/bin` },
        });
    };
    const notes = 'echo "${0##*/} $*" >>"${0%/*}/did"';
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "testudo-volume-"));
        stand("mountpoint", "exit 1");
        stand("lsblk", 'printf "/dev/nvme0n1 vol0root\\n/dev/nvme1n1 vol0abc\\n"');
        stand("blkid", "exit 0");
        for (const name of ["chattr", "mkfs.ext4", "resize2fs"]) stand(name, notes);
        stand("mount", `${notes}; mkdir -p "${folder}/data/lost+found"`);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    test("a volume with data is mounted and grown, never formatted; the bare directory takes no writes", () => {
        expect(run()).toMatchObject({ status: 0 });
        expect(made().replaceAll(folder, "")).toBe(
            "chattr +i /data\nmount -t ext4 -o noatime,nodev,nosuid /dev/nvme1n1 /data\nresize2fs /dev/nvme1n1\n",
        );
        expect(existsSync(join(folder, "data/lost+found"))).toBe(true);
    });

    test("an empty one gets a file system, and the database no directory that it would take for its own", () => {
        stand("blkid", "exit 2");
        expect(run()).toMatchObject({ status: 0 });
        expect(made()).toContain("mkfs.ext4 -q -m 1 -I 512 -L testudo-data /dev/nvme1n1\n");
        expect(existsSync(join(folder, "data/lost+found"))).toBe(false);
    });

    test("of something that cannot be told what it is nothing is overwritten", () => {
        stand("blkid", "exit 8");
        stand("mount", "exit 32");
        expect(run()).toMatchObject({ status: 32 });
        expect(made()).not.toContain("mkfs");
    });

    test("without its volume it gives up, and says where nothing is written", () => {
        stand("lsblk", 'printf "/dev/nvme0n1 vol0root\\n"');
        expect(run(1)).toMatchObject({
            status: 1,
            stderr: expect.stringContaining("vol-0abc: is not attached after 1 s") as string,
        });
        expect(made()).not.toContain("mount");
    });

    test("at the next boot it does nothing where the data are mounted", () => {
        stand("mountpoint", "exit 0");
        expect(run()).toMatchObject({ status: 0, stderr: "" });
        expect(made()).toBe("");
    });
});
