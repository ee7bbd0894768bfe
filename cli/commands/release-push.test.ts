import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ArtifactMetadata } from "../../protocol/artifact.ts";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "shoestring-push-"));
  await writeFile(join(folder, "server.js"), "serve");
});
afterAll(() => rm(folder, { recursive: true }));

const commit = "c".repeat(40);
const push = (...more: string[]) => ["release", "push", folder, "--service", "web", ...more];

test("a push uploads an archive whose name and metadata are enough to announce it", async () => {
  const { shoestring, artifacts } = commandLine();

  const result = await shoestring(...push("--commit", commit, "--reason", "why", "--by", "bob"));

  expect(result.code).toBe(0);
  const key = `web/1-${commit}.tar.gz`;
  expect(result.out).toBe(`web-1-ccccccc is uploaded to s3://artifacts/${key}`);
  const object = artifacts.object(key);
  expect(ArtifactMetadata.parse(object?.metadata)).toMatchObject({
    commit,
    sequence: 1,
    size: object?.body.length,
    "built-by": "bob",
    reason: "why",
  });
});

test("without a commit, a build is named by its content", async () => {
  const { shoestring } = commandLine();
  const { id, commit, ...rest } = JSON.parse((await shoestring(...push("--json"))).out);
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(id).toBe(`web-1-${commit.slice(0, 7)}`);
  expect(rest).toMatchObject({ service: "web", sequence: 1 });
});

test("the sequence is higher than that of every announced or uploaded build", async () => {
  const { shoestring, announce, upload } = commandLine();
  await announce(7);
  expect(JSON.parse((await shoestring(...push("--json"))).out).sequence).toBe(8);
  await upload(20);
  expect(JSON.parse((await shoestring(...push("--json"))).out).sequence).toBe(21);
});

test("metadata that S3 would mangle is refused before the upload", async () => {
  const { shoestring, artifacts } = commandLine();
  const { code, err } = await shoestring(...push("--reason", "für später"));
  expect(code).toBe(1);
  expect(err).toContain("failed: --reason cannot go with the upload");
  expect(await artifacts.list("")).toEqual([]);
});

test("a second push of the same build is recognised, and leaves one object", async () => {
  const { shoestring, artifacts } = commandLine();
  const again = () => shoestring(...push("--sequence", "8", "--commit", commit));
  await again();
  const first = artifacts.object(`web/8-${commit}.tar.gz`);

  const { code, out } = await again();

  expect({ code, out }).toEqual({
    code: 0,
    out: "web-8-ccccccc was uploaded before, with the same content",
  });
  expect(artifacts.object(`web/8-${commit}.tar.gz`)).toBe(first);
});

test.each([
  ["other content under a build's name", commit, "was uploaded before, with other content"],
  [
    "another build under its sequence",
    "d".repeat(40),
    "sequence 8 of web belongs to another build",
  ],
])("%s is refused, and overwrites nothing", async (_, first, happened) => {
  const { shoestring, artifacts } = commandLine();
  await artifacts.put(`web/8-${first}.tar.gz`, Buffer.from("another"), {});

  const { code, err } = await shoestring(...push("--sequence", "8", "--commit", commit));

  expect(code).toBe(1);
  expect(err).toContain(`failed: `);
  expect(err).toContain(happened);
  expect(err).toMatch(
    /^next: (to deploy the new content, push a commit|use a sequence that is new)/m,
  );
  expect(await artifacts.list("")).toHaveLength(1);
  expect(artifacts.object(`web/8-${first}.tar.gz`)?.body.toString()).toBe("another");
});

test("a push of a service that the cluster does not have is refused and lists the services it has", async () => {
  const { shoestring, artifacts, announce, consul } = commandLine();
  await announce(1, "api");
  consul.put(keys.service("web"), "");
  const before = consul.keys();

  const { code, err } = await shoestring("release", "push", folder, "--service", "wbe");

  expect(code).toBe(1);
  expect(err).toBe(
    [
      "failed: local has no service wbe: it has api, web",
      "unchanged: nothing was uploaded",
      "next: check the name; a new service is known when local-config is applied with it in the cluster's file",
    ].join("\n"),
  );
  expect(await artifacts.list("")).toEqual([]);
  expect(consul.keys()).toEqual(before);
});

test.each<[string, (on: ReturnType<typeof commandLine>) => unknown]>([
  ["the cluster's file", ({ consul }) => consul.put(keys.service("jobs"), "")],
  ["a deploy", ({ announce }) => announce(1, "jobs")],
  ["an instance", ({ consul }) => consul.nodes("jobs", ["jobs-1"])],
])("a push of a service that is known only by %s is accepted", async (_, make) => {
  const on = commandLine();
  await make(on);
  const { code, err } = await on.shoestring("release", "push", folder, "--service", "jobs");
  expect([code, err]).toEqual([0, ""]);
});

test("a push with a sequence does not ask Consul, which a workflow cannot reach", async () => {
  const { shoestring, consul } = commandLine();
  consul.away(true);
  expect(await shoestring(...push("--sequence", "8"))).toMatchObject({ code: 0 });
});

test("--wait follows the deploy that the upload becomes", async () => {
  const { shoestring, announce, rollout, artifacts } = commandLine();
  await announce(7);
  const pushed = shoestring(...push("--wait", "--commit", commit));
  const key = `web/8-${commit}.tar.gz`;
  await expect.poll(() => artifacts.object(key)).toBeDefined();
  rollout(await announce(8, "web", { url: `s3://artifacts/${key}` }), "done");

  expect(await pushed).toMatchObject({ code: 0 });
});

test("--wait reports at once that the service is held", async () => {
  const { shoestring, announce } = commandLine();
  await announce(7);
  await shoestring("hold", "web", "--reason", "a sale");
  const { code, err } = await shoestring(...push("--wait"));
  expect(code).toBe(1);
  expect(err).toContain("failed: web is held by alice: a sale");
  expect(err).toMatch(
    /^next: when the cause is gone: shoestring unhold web; then: shoestring deploy web web-8-[0-9a-f]{7}$/m,
  );
});

test("without --wait a push of a held service says so and how to deploy it, and is done", async () => {
  const { shoestring, announce } = commandLine();
  await announce(7);
  expect((await shoestring(...push())).err).toBe("");
  await shoestring("hold", "web", "--reason", "a sale");
  const { code, err } = await shoestring(...push("--commit", commit));
  expect(code).toBe(0);
  expect(err).toBe(
    "web is held by alice: a sale; it is not deployed. Next: when the cause is gone: shoestring unhold web; then: shoestring deploy web web-9-ccccccc",
  );
});

test("--wait does not follow the deploy of another build", async () => {
  const { shoestring, announce, rollout } = commandLine();
  rollout(await announce(7), "done");
  const { code, err } = await shoestring(...push("--wait", "--sequence", "5", "--commit", commit));
  expect(code).toBe(1);
  expect(err).toContain("web-5-ccccccc is not what web is to run: build 7 was announced");
  expect(err).toContain("next: deploy it all the same with: shoestring deploy web web-5-ccccccc");
});

test("--wait says where to look when the upload is not announced", async () => {
  const { shoestring } = commandLine();
  const { code, err } = await shoestring(...push("--wait", "--timeout", "1"));
  expect(code).toBe(1);
  expect(err).toContain("not announced within 1 s");
  expect(err).toContain("unchanged: the service runs what it ran");
});
