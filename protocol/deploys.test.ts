import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { memoryConsul } from "../lib/testing/memory-consul.ts";
import {
  type DesiredDeploy,
  deployOperations,
  nextDeploy,
  parseDeploy,
  readDeploy,
} from "./deploys.ts";
import { Audit, parseDocument, type Release } from "./documents.ts";
import { keys } from "./keys.ts";
import { artifactKey, releaseId } from "./releases.ts";

const at = new Date("2026-01-01T00:00:00Z");
const commit = "a".repeat(40);

function aRelease(sequence: number): Release {
  const build = { service: "web", sequence, commit };
  const url = `s3://artifacts/${artifactKey(build)}`;
  const versionId = `v${sequence}`;
  return {
    id: releaseId(build),
    sequence,
    url,
    versionId,
    sha256: "b".repeat(64),
    size: 9,
    commit,
  };
}

const aWish = (sequence: number, differs: Partial<DesiredDeploy> = {}): DesiredDeploy => ({
  service: "web",
  kind: "release",
  release: aRelease(sequence),
  reason: "a push",
  by: "ci",
  ...differs,
});

test("the first deploy has revision 1", () => {
  expect(nextDeploy(undefined, aWish(7), at)).toMatchObject({ revision: 1, newestSequence: 7 });
});

test("a rollback is a newer deploy of an older build, and keeps the newest sequence", () => {
  const first = nextDeploy(undefined, aWish(8), at);
  const back = nextDeploy(first, aWish(7, { kind: "rollback" }), at);
  expect(back).toMatchObject({ revision: 2, newestSequence: 8, release: { sequence: 7 } });
});

test("a deploy keeps only the numbers of the deploy before it", () => {
  const first = nextDeploy(undefined, aWish(7, { acceptShrunkConfig: true }), at);
  expect(nextDeploy(first, aWish(7, { kind: "restart" }), at)).not.toHaveProperty(
    "acceptShrunkConfig",
  );
});

test("the first deploy begins an epoch, and each later one keeps that of the deploy before it", () => {
  const first = nextDeploy(undefined, aWish(7), at);
  const { epoch, ...former } = first;
  expect(epoch).toBeTypeOf("string");
  expect(nextDeploy(first, aWish(8), at).epoch).toBe(epoch);
  expect(nextDeploy(undefined, aWish(7), at).epoch).not.toBe(epoch);
  // This deploy was written before deploys had an epoch: a new epoch would mean another Consul.
  expect(nextDeploy(former, aWish(8), at).epoch).toBeUndefined();
});

test("a deploy, its copy for history and its audit are written together", async () => {
  const consul = memoryConsul();
  const deploy = nextDeploy(undefined, aWish(7), at);

  expect(await consul.write(deployOperations(await readDeploy(consul, "web"), deploy, "x"))).toBe(
    true,
  );

  const text = consul.text(keys.deploy("web")) as string;
  expect(JSON.parse(text)).toEqual(deploy);
  expect(consul.text(keys.rolloutDeploy("web", 1))).toBe(text);
  const key = keys.audit(at, "x");
  const audit = parseDocument(Audit, key, consul.text(key) ?? "");
  expect(audit).toMatchObject({ by: "ci", action: "deploy release", reason: "a push" });
  expect(audit.after).toBe(createHash("sha256").update(text).digest("hex"));
  expect(audit.before).toBeUndefined();
});

test("a deploy based on an older state is refused, and nothing of it is written", async () => {
  const consul = memoryConsul();
  const stale = await readDeploy(consul, "web");
  await consul.write(deployOperations(stale, nextDeploy(undefined, aWish(8), at), "x"));
  const keysBefore = consul.keys();
  const before = consul.text(keys.deploy("web"));

  const late = deployOperations(stale, nextDeploy(undefined, aWish(7), at), "y");
  expect(await consul.write(late)).toBe(false);

  expect(consul.text(keys.deploy("web"))).toBe(before);
  expect(consul.keys()).toEqual(keysBefore);
});

test("a revision that is given again after a restored snapshot leaves nothing of the first one", async () => {
  const consul = memoryConsul();
  const first = nextDeploy(undefined, aWish(8), at);
  await consul.write(deployOperations(await readDeploy(consul, "web"), first, "x"));
  consul.remove(keys.deploy("web"));
  consul.put(keys.rollout("web", 1), "halted");
  consul.put(keys.rolloutInstance("web", 1, "web-1"), "superseded");
  consul.put(keys.rollout("web", 10), "another one's");

  const again = nextDeploy(undefined, aWish(9), at);
  expect(await consul.write(deployOperations(await readDeploy(consul, "web"), again, "y"))).toBe(
    true,
  );

  expect(consul.text(keys.rolloutDeploy("web", 1))).toBe(consul.text(keys.deploy("web")));
  expect(consul.keys(keys.rollouts("web"))).toEqual([
    keys.rolloutDeploy("web", 1),
    keys.rollout("web", 10),
  ]);
});

test("a deploy that instances could not read is not written", () => {
  const deploy = nextDeploy(undefined, aWish(7), at);
  const wrong = { ...deploy, release: { ...deploy.release, sha256: "?" } };
  const current = { entry: undefined, deploy: undefined };
  expect(() => deployOperations(current, wrong, "x")).toThrow("deploys/web cannot be used");
});

test.each([
  ["of another service", { service: "api" }, "it is a deploy of api"],
  ["with another service's release", { id: "web-2-7-ccccccc" }, "its release is web-2-7-ccccccc"],
  [
    "with another service's archive",
    { url: `s3://artifacts/api/7-${"c".repeat(40)}.tar.gz` },
    "its archive is s3://artifacts/api/7-",
  ],
] as const)("a deploy %s is not one of this service", (_, differs, why) => {
  const deploy = nextDeploy(undefined, aWish(7), at);
  const value = JSON.stringify({
    ...deploy,
    ...("service" in differs ? differs : { release: { ...deploy.release, ...differs } }),
  });
  expect(() => parseDeploy("web", { key: keys.deploy("web"), value })).toThrow(
    `the document deploys/web cannot be used: ${why}`,
  );
});

test("a deploy under the key of another revision is refused", () => {
  const value = JSON.stringify(nextDeploy(undefined, aWish(7), at));
  const key = keys.rolloutDeploy("web", 2);
  expect(() => parseDeploy("web", { key, value }, 2)).toThrow("it is of revision 1");
});
