import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArtifactMetadata } from "../protocol/artifact.ts";
import { Deploy, Hold, parseDocument, schemaVersion } from "../protocol/documents.ts";
import { keys } from "../protocol/keys.ts";
import { type MemoryConsul, memoryConsul } from "../protocol/testing/memory-consul.ts";
import type { ArtifactHead, Artifacts } from "./artifacts.ts";
import { main } from "./main.ts";

let consul: MemoryConsul;
let objects: Map<string, ArtifactHead>;
let folder: string;
beforeEach(() => {
  consul = memoryConsul();
  objects = new Map();
  folder = mkdtempSync(join(tmpdir(), "shoestring-cli-"));
  writeFileSync(join(folder, "server.js"), "serve();\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const artifacts: Artifacts = {
  bucket: "artifacts",
  put: async (key, body, metadata) =>
    void objects.set(key, { versionId: `v-${key}`, size: body.length, metadata }),
  list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
  head: async (key) => objects.get(key),
};

/** Runs a command line against the consul and the bucket in memory. */
async function shoestring(line: string) {
  const out: string[] = [];
  const err: string[] = [];
  const minute = consul.keys().length;
  const context = (cluster: string) => ({
    cluster,
    consul,
    artifacts,
    by: "tester",
    now: () => new Date(Date.UTC(2026, 0, 1, 0, minute)),
    newId: () => String(consul.keys().length),
    out: (text: string) => void out.push(text),
    say: (text: string) => void err.push(text),
  });
  const code = await main(line.split(" "), context, (text) => void err.push(text));
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function aDeploy(sequence: number, differs: Partial<Deploy> = {}): Deploy {
  const commit = sequence.toString(16).padStart(40, "c");
  return {
    schema: schemaVersion,
    service: "web",
    revision: sequence,
    kind: "release",
    release: {
      id: `web-${sequence}-ccccccc`,
      sequence,
      url: `s3://artifacts/web/${sequence}-${commit}.tar.gz`,
      versionId: `v${sequence}`,
      sha256: "a".repeat(64),
      size: 9,
      commit,
    },
    newestSequence: sequence,
    reason: "a test",
    by: "dev",
    at: "2026-01-01T00:00:00.000Z",
    ...differs,
  };
}

/** What stands, what was good and what was good before. */
function stands(deploy: Deploy, good?: Deploy, previous?: Deploy) {
  consul.put(keys.deploy("web"), JSON.stringify(deploy));
  if (good) consul.put(keys.good("web"), JSON.stringify(good));
  if (previous) consul.put(keys.previousGood("web"), JSON.stringify(previous));
}
const standing = () =>
  parseDocument(Deploy, keys.deploy("web"), consul.text(keys.deploy("web")) ?? "");

describe("wrong use ends with 2 and says how it is meant", () => {
  test.each([
    ["", "usage: shoestring COMMAND"],
    ["frobnicate web", 'there is no command "frobnicate"'],
    ["status a b", "usage: shoestring status [S]"],
    ["hold web", "--reason is missing"],
    ["release push .", "--service is missing"],
    ["restart global", '"global" is reserved in Consul KV'],
    ["restart Web", '"Web" is no name'],
    ["restart web --timeout soon", '--timeout takes a whole number from 1, got "soon"'],
    ["restart web --frob", "Unknown option '--frob'"],
  ])("%s", async (line, why) => {
    const { code, err } = await shoestring(line);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
    expect(consul.keys()).toEqual([]);
  });
});

describe("release push", () => {
  test("uploads the folder with the metadata that announce checks", async () => {
    const { code, out } = await shoestring(`release push ${folder} -s web --json`);
    expect(code).toBe(0);
    const [key, head] = [...objects][0] as [string, ArtifactHead];
    expect(JSON.parse(out)).toMatchObject({ sequence: 1, url: `s3://artifacts/${key}` });
    expect(ArtifactMetadata.parse(head.metadata)).toMatchObject({ size: head.size, sequence: 1 });
  });

  test("the same folder gives the same archive", async () => {
    await shoestring(`release push ${folder} -s web`);
    await shoestring(`release push ${folder} -s web`);
    const hashes = [...objects.values()].map(({ metadata }) => metadata.sha256);
    expect([objects.size, new Set(hashes).size]).toEqual([2, 1]);
  });

  test("a link that leaves the folder is refused, and nothing is uploaded", async () => {
    symlinkSync("/etc/passwd", join(folder, "link"));
    const { code, err } = await shoestring(`release push ${folder} -s web`);
    expect(code).toBe(1);
    expect(err).toBe(
      "failed: link cannot be part of a release: it points to /etc/passwd, out of the folder\nunchanged: nothing was uploaded\nnext: leave it out of the build",
    );
    expect(objects.size).toBe(0);
  });
});

test("restart writes the same release as a deploy of its own", async () => {
  stands(aDeploy(3));
  expect((await shoestring("restart web")).code).toBe(0);
  expect(standing()).toMatchObject({ kind: "restart", revision: 4, release: { sequence: 3 } });
});

describe("rollback", () => {
  test("goes to what was good and holds the service there", async () => {
    stands(aDeploy(3), aDeploy(2));
    expect((await shoestring("rollback web")).code).toBe(0);
    expect(standing()).toMatchObject({
      kind: "rollback",
      revision: 4,
      newestSequence: 3,
      release: { sequence: 2 },
    });
    expect(parseDocument(Hold, keys.hold("web"), consul.text(keys.hold("web")) ?? "").by).toBe(
      "tester",
    );
  });

  test("goes to what was good before, when what runs is the good one", async () => {
    stands(aDeploy(3), aDeploy(3), aDeploy(2));
    await shoestring("rollback web");
    expect(standing().release.sequence).toBe(2);
  });

  test("refuses what is wished already, and then sets no hold", async () => {
    stands(aDeploy(3), aDeploy(3), aDeploy(2));
    consul.put(keys.rolloutDeploy("web", 3), JSON.stringify(aDeploy(3)));
    const { code, err } = await shoestring("rollback web --to web-3-ccccccc");
    expect([code, err]).toEqual([1, expect.stringContaining("is what web is to run already")]);
    expect(consul.text(keys.hold("web"))).toBeUndefined();
    expect(standing().revision).toBe(3);
  });

  test("says so where nothing else was ever good", async () => {
    stands(aDeploy(1), aDeploy(1));
    const { code, err } = await shoestring("rollback web");
    expect([code, err]).toEqual([1, expect.stringContaining("no other release of web")]);
  });
});

test("deploy refuses a held service and says how to lift the hold", async () => {
  stands(aDeploy(3));
  await shoestring("hold web --reason incident");
  const { code, err } = await shoestring("deploy web");
  expect(code).toBe(1);
  expect(err).toBe(
    "failed: web is held by tester: incident\nunchanged: nothing was deployed\nnext: lift it with: shoestring unhold web",
  );
  expect((await shoestring("unhold web")).code).toBe(0);
  expect((await shoestring("unhold web")).code).toBe(1);
});

test("deploy takes the newest build of the bucket", async () => {
  await shoestring(`release push ${folder} -s web --sequence 9`);
  await shoestring(`release push ${folder} -s web --sequence 10`);
  expect((await shoestring("deploy web")).code).toBe(0);
  expect(standing().release).toMatchObject({
    sequence: 10,
    versionId: expect.stringContaining("v-"),
  });
});

describe("config", () => {
  test("set, get and unset; a value is never printed by set nor kept in the audit", async () => {
    const set = await shoestring("config set web PASSWORD hunter2");
    expect(set.code).toBe(0);
    expect((await shoestring("config get web PASSWORD")).out).toBe("hunter2");
    const audits = consul.keys(keys.audits()).map((key) => consul.text(key));
    expect(set.out + set.err + audits.join()).not.toContain("hunter2");
    expect((await shoestring("config unset web PASSWORD")).code).toBe(0);
    expect((await shoestring("config unset web PASSWORD")).code).toBe(1);
  });

  test("a name that no environment has is refused, and nothing is written", async () => {
    const { code, err } = await shoestring("config set web A-B x");
    expect([code, err]).toEqual([1, expect.stringContaining('the variable "A-B"')]);
    expect(consul.keys()).toEqual([]);
  });
});

test("history shows every deploy, the newest first, and how it ended", async () => {
  stands(aDeploy(1));
  await shoestring("restart web");
  await shoestring("restart web");
  const { out } = await shoestring("history web --json");
  expect(JSON.parse(out).map((d: Deploy & { phase: string }) => [d.revision, d.phase])).toEqual([
    [3, "announced"],
    [2, "announced"],
  ]);
});

test("--wait ends with 1 and the reason when the rollout failed", async () => {
  stands(aDeploy(1));
  const failed = (revision: number) => {
    const at = "2026-01-01T00:00:00.000Z";
    const rollout = {
      schema: 1,
      phase: "failed",
      startedAt: at,
      endedAt: at,
      coordinator: "web-1",
    };
    consul.put(keys.rollout("web", revision), JSON.stringify(rollout));
    const report = {
      schema: 1,
      instance: "web-1",
      service: "web",
      revision,
      phase: "failed",
      seenAt: at,
    };
    consul.put(
      keys.rolloutInstance("web", revision, "web-1"),
      JSON.stringify({ ...report, processes: {}, error: "process 1 answered 500" }),
    );
  };
  failed(2);
  const { code, err } = await shoestring("restart web --wait");
  expect(code).toBe(1);
  expect(err).toContain("failed: web-1-ccccccc is failed: web-1: process 1 answered 500");
  expect(err).toContain("next: shoestring status web; back with: shoestring rollback web");
});

test("an absent Consul is exit code 1, with what stays as it is", async () => {
  consul.away(true);
  expect(await shoestring("status web")).toMatchObject({
    code: 1,
    err: expect.stringContaining("unchanged:"),
  });
});
