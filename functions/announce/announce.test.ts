import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Audit, Deploy, parseDocument, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { artifactKey } from "../../protocol/releases.ts";
import { parseTraceparent, traceOf } from "../../protocol/traceparent.ts";
import type { Span } from "../../trace/spans.ts";
import type { AnnounceDeps } from "./announce.ts";
import { respond } from "./respond.ts";
import type { ObjectHead } from "./upload.ts";

const commitOf = (sequence: number) => sequence.toString(16).padStart(40, "a");
const keyOf = (sequence: number) =>
  artifactKey({ service: "web", sequence, commit: commitOf(sequence) });

function metadataOf(sequence: number): Record<string, string> {
  return {
    sha256: "b".repeat(64),
    size: "1000",
    commit: commitOf(sequence),
    sequence: String(sequence),
    "built-by": "dev",
    reason: "a push",
  };
}

function s3Message(key: string, versionId = `v-${key}`, messageId = key) {
  const s3 = { bucket: { name: "artifacts" }, object: { key: encodeURIComponent(key), versionId } };
  const record = { eventName: "ObjectCreated:Put", eventTime: "2026-01-01T00:00:00Z", s3 };
  return { messageId, body: JSON.stringify({ Records: [record] }) };
}

type Head = Pick<ObjectHead, "metadata" | "size">;

/** An announce function with an in-memory Consul and one bucket. */
function aFunction(heads: Readonly<Record<string, Head>> = {}, tracing?: AnnounceDeps["tracing"]) {
  const consul = memoryConsul();
  const lines: Record<string, unknown>[] = [];
  const on: AnnounceDeps = {
    consul,
    tracing,
    head: async ({ key, versionId = "current" }) => {
      const sequence = Number(/\/(\d+)-/.exec(key)?.[1]);
      const head = heads[key] ?? { metadata: metadataOf(sequence), size: 1000 };
      if (head.size < 0) throw Object.assign(new Error("gone"), { name: "NotFound" });
      return { ...head, versionId, uploadedAt: new Date("2026-01-01T00:00:00Z") };
    },
    now: () => new Date(Date.UTC(2026, 0, 1)),
  };
  const deliver = (...messages: { messageId: string; body: string }[]) =>
    respond(on, (event, fields) => lines.push({ event, ...fields }), { Records: messages });
  return { consul, deliver, lines };
}

const deployOf = (consul: MemoryConsul) =>
  parseDocument(Deploy, keys.deploy("web"), consul.text(keys.deploy("web")) ?? "");
const refusals = (consul: MemoryConsul) =>
  consul
    .keys(keys.audits())
    .map((key) => parseDocument(Audit, key, consul.text(key) ?? "").refused)
    .filter((refused) => refused !== undefined);

test("a deploy has its repository, and the message that its build began", async () => {
  const more = { repository: "https://github.com/example/web", slack: "C01/1767225600.000100" };
  const metadata = { ...metadataOf(7), ...more };
  const { consul, deliver } = aFunction({ [keyOf(7)]: { metadata, size: 1000 } });
  await deliver(s3Message(keyOf(7)));
  expect(deployOf(consul)).toMatchObject({
    release: { repository: more.repository },
    slack: { channel: "C01", ts: "1767225600.000100" },
  });
});

test("a wrong message reference or repository does not stop a deploy", async () => {
  const more = { repository: "https://github.com/a|b>", slack: "#deploys/<!channel>" };
  const metadata = { ...metadataOf(7), ...more };
  const { consul, deliver } = aFunction({ [keyOf(7)]: { metadata, size: 1000 } });
  await deliver(s3Message(keyOf(7)));
  expect(deployOf(consul)).not.toHaveProperty("slack");
  expect(deployOf(consul).release).not.toHaveProperty("repository");
});

test("an upload becomes a deploy with a pinned version, a history entry and an audit record", async () => {
  const { consul, deliver } = aFunction();

  expect(await deliver(s3Message(keyOf(7), "v1"))).toEqual({ batchItemFailures: [] });

  expect(deployOf(consul)).toMatchObject({
    revision: 1,
    kind: "release",
    newestSequence: 7,
    by: "dev",
    reason: "a push",
    release: { id: "web-7-aaaaaaa", versionId: "v1", url: `s3://artifacts/${keyOf(7)}` },
  });
  expect(consul.text(keys.rolloutDeploy("web", 1))).toBe(consul.text(keys.deploy("web")));
  expect(consul.keys(keys.audits())).toHaveLength(1);
});

test("an older build never replaces a newer one, and the refusal is recorded once", async () => {
  const { consul, deliver } = aFunction();
  await deliver(s3Message(keyOf(8)));

  await deliver(s3Message(keyOf(7)), s3Message(keyOf(7)));

  expect(deployOf(consul)).toMatchObject({ revision: 1, release: { sequence: 8 } });
  expect(refusals(consul)).toEqual(["older than sequence 8"]);
});

test("a second delivery of a message changes and records nothing", async () => {
  const { consul, deliver } = aFunction();
  await deliver(s3Message(keyOf(8)));
  const before = consul.keys();

  await deliver(s3Message(keyOf(8)));

  expect(consul.keys()).toEqual(before);
});

test("a second delivery of a message after a newer build was announced records nothing", async () => {
  const { consul, deliver } = aFunction();
  await deliver(s3Message(keyOf(7)));
  await deliver(s3Message(keyOf(8)));
  const before = consul.keys();

  await deliver(s3Message(keyOf(7)));

  expect(consul.keys()).toEqual(before);
  expect(refusals(consul)).toEqual([]);
});

test("an upload that was refused because of a hold stays refused when the hold is lifted", async () => {
  const { consul, deliver } = aFunction();
  consul.put(keys.hold("web"), "{}");
  await deliver(s3Message(keyOf(8)));
  consul.remove(keys.hold("web"));

  await deliver(s3Message(keyOf(8)));

  expect(consul.text(keys.deploy("web"))).toBeUndefined();
  await deliver(s3Message(keyOf(9)));
  expect(deployOf(consul).release.sequence).toBe(9);
});

test("two pushes in quick succession end on the newer build, whichever is uploaded first", async () => {
  for (const order of [
    [7, 8],
    [8, 7],
  ]) {
    const { consul, deliver } = aFunction();
    await Promise.all(order.map((sequence) => deliver(s3Message(keyOf(sequence)))));
    expect(deployOf(consul).release.sequence).toBe(8);
  }
});

test("a rerun with the same sequence but another object is recognised", async () => {
  const { consul, deliver } = aFunction();
  await deliver(s3Message(keyOf(8), "v1"));
  await deliver(s3Message(keyOf(8), "v2"));
  expect(deployOf(consul).release.versionId).toBe("v1");
  expect(refusals(consul)).toEqual(["sequence 8 was announced before"]);
});

test("an older build cannot replace a rollback", async () => {
  const { consul, deliver } = aFunction();
  await deliver(s3Message(keyOf(5)), s3Message(keyOf(8)));
  const rollback = { ...deployOf(consul), kind: "rollback", revision: 3 };
  const five = { ...rollback.release, sequence: 5, versionId: "v5" };
  consul.put(keys.deploy("web"), JSON.stringify({ ...rollback, release: five }));

  await deliver(s3Message(keyOf(7)));

  expect(deployOf(consul)).toMatchObject({ kind: "rollback", revision: 3 });
});

test("an upload for a held service is refused, and the refusal says how to lift the hold", async () => {
  const { consul, deliver } = aFunction();
  const hold = {
    schema: schemaVersion,
    by: "oncall",
    reason: "incident",
    at: "2026-01-01T00:00:00Z",
  };
  consul.put(keys.hold("web"), JSON.stringify(hold));

  expect(await deliver(s3Message(keyOf(8)))).toEqual({ batchItemFailures: [] });

  expect(consul.text(keys.deploy("web"))).toBeUndefined();
  expect(refusals(consul)).toEqual([
    expect.stringMatching(
      /^web is held; when the cause is gone: shoestring unhold web; then: shoestring deploy web web-8-[0-9a-f]{7}$/,
    ),
  ]);
});

describe("a message that can never be announced goes to the dead-letter queue and changes nothing", () => {
  const ok = { metadata: metadataOf(8), size: 1000 };
  test.each<[string, { body: string; messageId: string }, Head, string]>([
    ["no JSON", { messageId: "m", body: "{" }, ok, "the message is not JSON"],
    ["no S3 event", { messageId: "m", body: "{}" }, ok, "the message is no S3 event"],
    ["another key", s3Message("web/notes.txt"), ok, "is not of the form <service>/<sequence>"],
    ["no metadata", s3Message(keyOf(8)), { metadata: {}, size: 1000 }, "metadata of web/8-"],
    [
      "metadata of another build",
      s3Message(keyOf(8)),
      { metadata: metadataOf(9), size: 1000 },
      "names build 9",
    ],
    [
      "another size",
      s3Message(keyOf(8)),
      { ...ok, size: 999 },
      "has 999 bytes, its metadata says 1000",
    ],
    ["a deleted object", s3Message(keyOf(8)), { ...ok, size: -1 }, "gone"],
  ])("%s", async (_, message, head, why) => {
    const { consul, deliver, lines } = aFunction({ [keyOf(8)]: head });

    const answer = await deliver(message);

    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(JSON.stringify(lines)).toContain(why);
    expect(consul.keys()).toEqual([]);
  });
});

test("only the failed messages of a batch come back", async () => {
  const { consul, deliver } = aFunction();
  const answer = await deliver({ messageId: "bad", body: "{" }, s3Message(keyOf(8)));
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: "bad" }]);
  expect(deployOf(consul).release.sequence).toBe(8);
});

test("a message comes back when Consul is away", async () => {
  const { consul, deliver } = aFunction();
  consul.away(true);
  expect((await deliver(s3Message(keyOf(8)))).batchItemFailures).toHaveLength(1);
});

test("S3's own test event is accepted and ignored", async () => {
  const { deliver } = aFunction();
  const body = JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "artifacts" });
  expect(await deliver({ messageId: "t", body })).toEqual({ batchItemFailures: [] });
});

test("the newest sequence wins in any order and with any repetition", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (order) => {
      const { consul, deliver } = aFunction();
      const inOrder = order.map((sequence) => s3Message(keyOf(sequence)));
      // All at once; failed messages come back, as from a queue.
      let left = inOrder;
      while (left.length > 0) {
        const answers = await Promise.all(left.map((message) => deliver(message)));
        left = left.filter((_, i) => answers[i]?.batchItemFailures.length !== 0);
      }
      const { release, newestSequence } = deployOf(consul);
      expect(release.sequence).toBe(Math.max(...order));
      expect(newestSequence).toBe(release.sequence);
    }),
    { numRuns: 200 },
  );
});

describe("the trace", () => {
  const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  const notSampled = traceparent.replace(/-01$/, "-00");
  const traced = (more: Readonly<Record<string, string>> = {}) => ({
    [keyOf(8)]: {
      size: 1000,
      metadata: {
        ...metadataOf(8),
        traceparent,
        "build-started": "2025-12-31T23:59:50.000Z",
        "upload-started": "2025-12-31T23:59:58.000Z",
        ...more,
      },
    },
  });
  const listener = () => {
    const spans: Span[] = [];
    return { spans, tracing: { cluster: "test", addSpan: (span: Span) => void spans.push(span) } };
  };

  test("goes on from the build to the deploy, with the times of the build and the upload", async () => {
    const { spans, tracing } = listener();
    const { consul, deliver } = aFunction(traced(), tracing);
    await deliver(s3Message(keyOf(8)));
    const { traceparent: next = "", steps } = deployOf(consul);
    expect(spans).toMatchObject([
      { name: "announce", traceId: "1".repeat(32), parentId: "2".repeat(16) },
    ]);
    expect(parseTraceparent(next)).toEqual({
      traceId: "1".repeat(32),
      spanId: spans[0]?.spanId,
      isSampled: true,
    });
    expect(steps?.map(({ step, ms }) => [step, ms])).toEqual([
      ["build", 8000],
      ["upload", 2000],
      ["announce", 0],
    ]);
  });

  test("names no span of a function that has no collector", async () => {
    const { consul, deliver } = aFunction(traced());
    await deliver(s3Message(keyOf(8)));
    expect(deployOf(consul).traceparent).toBe(traceparent);
  });

  test("has the function as its root if the build's span was not collected", async () => {
    const { spans, tracing } = listener();
    const { deliver } = aFunction(traced({ traceparent: notSampled }), tracing);
    await deliver(s3Message(keyOf(8)));
    expect(spans[0]?.traceId).toBe("1".repeat(32));
    expect(spans[0]?.parentId).toBeUndefined();
  });

  test("has the rollout as its root if no earlier span was collected", async () => {
    const { consul, deliver } = aFunction(traced({ traceparent: notSampled }));
    await deliver(s3Message(keyOf(8)));
    expect(traceOf(deployOf(consul))).toEqual({ traceId: "1".repeat(32), parentId: undefined });
  });

  test("begins with the function if the build has none", async () => {
    const { spans, tracing } = listener();
    const { consul, deliver } = aFunction({}, tracing);
    await deliver(s3Message(keyOf(8)));
    expect(spans[0]?.parentId).toBeUndefined();
    expect(deployOf(consul).traceparent).toContain(spans[0]?.traceId);
  });

  test("has a span for a refusal, and none for a second delivery", async () => {
    const { spans, tracing } = listener();
    const { deliver } = aFunction(traced(), tracing);
    await deliver(s3Message(keyOf(9)), s3Message(keyOf(8)), s3Message(keyOf(9)));
    expect(spans.map(({ attributes }) => attributes["shoestring.refused"])).toEqual([
      undefined,
      "older than sequence 9",
    ]);
  });

  test("accepts an upload whose trace metadata is wrong", async () => {
    const wrong = { traceparent: "yes", "build-started": "?", "upload-started": "" };
    const { consul, deliver } = aFunction(traced(wrong));
    expect((await deliver(s3Message(keyOf(8)))).batchItemFailures).toEqual([]);
    expect(deployOf(consul).steps?.map(({ step }) => step)).toEqual(["announce"]);
  });
});
