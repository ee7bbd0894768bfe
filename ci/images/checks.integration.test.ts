import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inImage } from "../../local/testing/in-image.ts";

const packer = join(import.meta.dirname, "../../packer");
const scripts = Object.fromEntries(
  ["check.sh", "clean.sh"].map((name) => [
    `built/${name}`,
    readFileSync(join(packer, name), "utf8"),
  ]),
);
/** The files of these tests are no part of the image. */
const check = "sh /built/check.sh";
const withAgent = { withAgent: true };

/** What a check of the image names as wrong. */
const failed = (stdout: string) =>
  stdout
    .split("Failures/Skipped:")
    .slice(1)
    .flatMap((part) => [...part.matchAll(/^(?:Command|File|Package|User): (.+?): [a-z-]+:/gm)])
    .map(([, name]) => name);

test("the finished image passes its checks", async () => {
  const { code, stdout, stderr } = await inImage(scripts, check, withAgent);
  expect([failed(stdout), code]).toEqual([[], 0]);
  expect(stderr).toBe("");
});

/** What goes wrong, by the check that finds it. */
const mistakes: Readonly<Record<string, string>> = {
  "no secret": 'printf -- "-----BEGIN EC PRIVATE KEY-----\\n" > /etc/tls.pem',
  "nobody has a password": "sed -i 's/^root:[^:]*/root:abc/' /etc/shadow",
  "nobody but root has root's rights by number": "echo 'toor:x:0:0::/:/bin/sh' >> /etc/passwd",
  "no program that was not there before may become root":
    "cp /bin/true /usr/local/bin/x; chmod 4755 /usr/local/bin/x",
  "nobody but root may write what root runs": "chmod 666 /etc/systemd/system/consul.service",
  "node --version": "printf '#!/bin/sh\\necho v18.0.0\\n' > /usr/local/bin/node",
  "nginx -t": "echo 'listen;' >> /etc/nginx/nginx.conf",
  "/etc/systemd/system/ssh.service": "rm /etc/systemd/system/ssh.service",
  "/etc/systemd/system/nftables.service": "rm /etc/systemd/system/nftables.service",
  "/var/lib/consul": "chmod 755 /var/lib/consul",
  "/opt/shoestring/agent.js": "rm /opt/shoestring/agent.js",
  "/etc/sysctl.d/60-shoestring.conf": "echo > /etc/sysctl.d/60-shoestring.conf",
};

test("each planted mistake in an image is named", async () => {
  const plant = Object.values(mistakes).join("\n");
  const { code, stdout } = await inImage(scripts, `${plant}\n${check}`, withAgent);
  expect(code).not.toBe(0);
  expect(failed(stdout)).toEqual(expect.arrayContaining(Object.keys(mistakes)));
});

/** What a machine leaves behind, by the check that finds it. */
const remains: Readonly<Record<string, string>> = {
  "/etc/machine-id": "echo 0123456789abcdef0123456789abcdef > /etc/machine-id",
  "/var/lib/cloud/instances": "mkdir -p /var/lib/cloud/instances/i-1",
  "/var/log/cloud-init.log": "echo x > /var/log/cloud-init.log",
  "/var/lib/amazon/ssm": "mkdir -p /var/lib/amazon/ssm/Vault",
  "no host keys": "mkdir -p /etc/ssh; touch /etc/ssh/ssh_host_ed25519_key",
  "no key, history or folder of a person":
    "mkdir -p /home/admin/.ssh; touch /home/admin/.ssh/authorized_keys /root/.bash_history",
  "no log": "echo x > /var/log/dpkg.log",
  "no list of packages that grows old": "mkdir -p /var/lib/apt/lists; touch /var/lib/apt/lists/x",
};

test("what a machine left in an image is named, and gone once it was cleaned, also twice", async () => {
  const plant = Object.values(remains).join("\n");
  const { stdout } = await inImage(
    scripts,
    `${plant}
goss --gossfile /usr/local/share/shoestring/checks/clean.yaml validate --format documentation --no-color
echo CLEANED
sh /built/clean.sh && sh /built/clean.sh && ${check} && echo WELL`,
    withAgent,
  );
  const [before = "", after] = stdout.split("CLEANED");
  expect(failed(before)).toEqual(expect.arrayContaining(Object.keys(remains)));
  expect(after).toMatch(/WELL\n$/);
});
