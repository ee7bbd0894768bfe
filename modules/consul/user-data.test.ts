import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type ServerUserDataProps, serverUserData } from "./user-data.ts";

const props: ServerUserDataProps = {
  cluster: "staging",
  server: "consul-1",
  servers: 3,
  region: "eu-central-1",
  encryptGossip: true,
};

/** The files that cloud-init would write, by path, and the commands that it would run. */
function read(text: string) {
  const [header, ...lines] = text.split("\n");
  expect(header).toBe("#cloud-config");
  const document = JSON.parse(lines.join("\n")) as {
    write_files: { path: string; content: string }[];
    runcmd: string[][];
  };
  const files = new Map(document.write_files.map(({ path, content }) => [path, content]));
  return { content: (path: string) => files.get(path) ?? "", runcmd: document.runcmd };
}

const config = (own: Partial<ServerUserDataProps> = {}) =>
  JSON.parse(read(serverUserData({ ...props, ...own })).content("/etc/consul.d/cluster.json"));

test("a server denies by default, and refuses a list instead of shortening it", () => {
  expect(config().acl).toMatchObject({
    enabled: true,
    default_policy: "deny",
    enable_key_list_policy: true,
  });
});

test("servers wait for each other before the first election, and find each other by name", () => {
  expect(config()).toMatchObject({
    server: true,
    bootstrap_expect: 3,
    node_name: "consul-1",
    datacenter: "staging",
    retry_join: ["consul.staging.internal"],
  });
});

test("unencrypted gossip is refused where gossip is encrypted; elsewhere the settings are absent", () => {
  expect(config()).toMatchObject({ encrypt_verify_incoming: true, encrypt_verify_outgoing: true });
  const plain = serverUserData({ ...props, encryptGossip: false });
  expect(plain).not.toContain("encrypt");
});

test("user data has references to its secrets, and no secret", () => {
  const { content } = read(serverUserData(props));
  const managementToken = "ssm:/shoestring/staging/consul/management-token";
  expect(JSON.parse(content("/etc/shoestring/consul-secrets.json"))).toEqual({
    acl: { tokens: { initial_management: managementToken, agent: managementToken } },
    encrypt: "ssm:/shoestring/staging/consul/gossip-key",
  });
  expect(content("/etc/consul.d/cluster.json")).not.toMatch(/token|"encrypt"/);
});

test("Consul starts at every boot, after its secrets are fetched", () => {
  const { content, runcmd } = read(serverUserData(props));
  expect(runcmd).toContainEqual(["systemctl", "add-wants", "multi-user.target", "consul.service"]);
  expect(runcmd.at(-1)).toEqual(["systemctl", "start", "--no-block", "consul.service"]);
  const unit = content("/etc/systemd/system/consul.service.d/secrets.conf").split("\n");
  const start = unit.findIndex((line) => line.startsWith("ExecStart=/"));
  expect(unit[start - 1]).toBe("ExecStart=");
  expect(unit[start - 2]).toMatch(/^ExecStartPre=.*fill-secrets.* \/run\/consul\/secrets\.json$/);
});

test("user data stays far below EC2's 16 KiB", () => {
  expect(serverUserData(props).length).toBeLessThan(8 * 1024);
});

const folder = mkdtempSync(join(tmpdir(), "fill-secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Fills `{"a": {"b": "ssm:/x"}, "c": "plain"}`, with an agent that returns this answer. */
function fill(answer: unknown) {
  const path = (name: string) => join(folder, name);
  writeFileSync(path("template.json"), JSON.stringify({ a: { b: "ssm:/x" }, c: "plain" }));
  // Echoes its input, so that the test sees the references.
  writeFileSync(
    path("aws.cjs"),
    `process.stdin.on("data", (d) => { require("fs").writeFileSync(${JSON.stringify(path("asked"))}, d); });
     process.stdin.on("end", () => console.log(${JSON.stringify(JSON.stringify(answer))}));`,
  );
  const program = new URL("fill-secrets.mjs", import.meta.url).pathname;
  const { status, stderr } = spawnSync(
    process.execPath,
    [program, path("template.json"), path("out.json")],
    { env: { ...process.env, SHOESTRING_AWS: path("aws.cjs") }, encoding: "utf8" },
  );
  return { status, stderr, asked: readFileSync(path("asked"), "utf8"), out: path("out.json") };
}

test("Consul needs its secrets to start; once read, they survive an SSM outage", () => {
  const away = { problem: { happened: "ssm:/x cannot be read" } };
  const first = fill(away);
  expect([first.status, first.stderr]).toEqual([1, "ssm:/x cannot be read\n"]);

  const filled = fill({ result: { "ssm:/x": 'se"cret' } });
  expect([filled.status, filled.asked]).toEqual([0, '["ssm:/x"]']);
  const config = { a: { b: 'se"cret' }, c: "plain" };
  expect(JSON.parse(readFileSync(filled.out, "utf8"))).toEqual(config);
  expect(statSync(filled.out).mode & 0o777).toBe(0o600);

  expect(fill(away).status).toBe(0);
  expect(JSON.parse(readFileSync(filled.out, "utf8"))).toEqual(config);
});
