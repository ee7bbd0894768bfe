import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect } from "../../cli/connect.ts";
import { main } from "../../cli/main.ts";
import { type Artifacts, s3Artifacts } from "../../cli/releases/artifacts.ts";
import { handler } from "../../functions/announce/handler.ts";
import { seededRandom } from "../../lib/seeded-random.ts";
import { Deploy, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { artifactKey } from "../../protocol/releases.ts";
import { type Handler, runQueue } from "../lambda-emulator/runner.ts";
import { awsRegion } from "../region/aws.ts";
import { down } from "../region/index.ts";
import {
  type PipelineUnderTest,
  pipelineRegion,
  pipelineUnderTest,
} from "./pipeline-under-test.ts";
import { until } from "./until.ts";

let on: PipelineUnderTest;
let sqs: SQSClient;
let artifacts: Artifacts;
beforeAll(async () => {
  on = await pipelineUnderTest();
  for (const [name, value] of Object.entries(on.environment)) vi.stubEnv(name, value);
  // It prints one line for each upload.
  vi.spyOn(console, "log").mockImplementation(() => {});
  sqs = new SQSClient({});
  artifacts = s3Artifacts({ bucket: on.bucket, endpoint: on.endpoint, region: awsRegion });
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await down(pipelineRegion());
});

const services = ["api", "jobs", "mail", "shop", "web"] as const;
const each = 40;

/** An upload of the test: good, or poison in one of several ways. */
interface Made {
  readonly service: string;
  readonly sequence: number;
  readonly key: string;
  readonly fault: undefined | "name" | "size" | "metadata";
}

test("after 200 uploads in any order, some delivered twice, each service ends on its newest that was not held", async () => {
  const seed = Number(process.env.SHOESTRING_SEED ?? Date.now() % 1_000_000);
  process.stdout.write(`uploads: SHOESTRING_SEED=${seed}\n`);
  const random = seededRandom(seed).next;
  const made = shuffled(
    random,
    services.flatMap((service) => uploadsOf(random, service)),
  );
  const first = made.filter((it, i) => it.fault || i < made.length / 2);
  const second = made.filter((it) => !first.includes(it));
  const poison = made.filter(({ fault }) => fault);

  const stop = new AbortController();
  const runners = [1, 2].map(() =>
    runQueue({
      sqs,
      queueUrl: on.queueUrl,
      handler: unreliable(random),
      log: () => {},
      signal: stop.signal,
    }),
  );
  try {
    await Promise.all([hold("shop"), hold("mail")]);
    await uploaded(random, first, first);
    await decided(first.length - poison.length);
    await Promise.all([lift("mail"), hold("jobs")]);
    // Delivers also those from before the holds changed again.
    await uploaded(random, second, made);
    await decided(made.length - poison.length);
    await until("empty queue", async () => (await left()) === 0, 60);
  } finally {
    stop.abort();
    await Promise.all(runners);
  }

  const newest = (service: string, of: readonly Made[]) =>
    Math.max(...of.filter((it) => it.service === service && !it.fault).map((it) => it.sequence));
  expect(await deployedSequences()).toEqual({
    api: newest("api", made),
    jobs: newest("jobs", first),
    mail: newest("mail", second),
    web: newest("web", made),
  });
  for (const service of services) {
    const announced = await history(service);
    expect(new Set(announced.map((it) => it.release.versionId)).size).toBe(announced.length);
    const sequences = announced.map((it) => it.release.sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(announced.map((it) => it.revision)).toEqual(announced.map((_, i) => i + 1));
  }
  expect(await deadKeys()).toEqual(poison.map(({ key }) => key).sort());
});

test("S3 takes one archive under a name: a rerun is recognised, and other content is refused", async () => {
  vi.stubEnv("SHOESTRING_ARTIFACTS_BUCKET", on.bucket);
  const folder = mkdtempSync(join(tmpdir(), "shoestring-uploads-"));
  const push = async (content: string) => {
    writeFileSync(join(folder, "server.js"), content);
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const where = (cluster: string) => ({ ...connect(cluster), out: say, say });
    const argv = ["release", "push", folder, "--service", "once", "--cluster", "staging"];
    const name = ["--sequence", "7", "--commit", "c".repeat(40)];
    return { code: await main([...argv, ...name], where, say), output: lines.join("\n") };
  };
  try {
    expect(await push("one")).toMatchObject({
      code: 0,
      output: expect.stringContaining("is uploaded"),
    });
    const { versionId } = (await artifacts.head(onceKey)) ?? {};
    expect(await push("one")).toEqual({
      code: 0,
      output: "once-7-ccccccc was uploaded before, with the same content",
    });
    expect(await push("two")).toMatchObject({
      code: 1,
      output: expect.stringContaining("was uploaded before, with other content"),
    });
    expect(await artifacts.put(onceKey, Buffer.from("two"), {})).toBe(false);
    expect((await artifacts.head(onceKey))?.versionId).toBe(versionId);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const onceKey = artifactKey({ service: "once", sequence: 7, commit: "c".repeat(40) });

function uploadsOf(random: () => number, service: string): Made[] {
  return Array.from({ length: each }, (_, i): Made => {
    const sequence = i + 1;
    const faults = ["name", "size", "metadata"] as const;
    const fault = random() < 0.08 ? faults[Math.floor(random() * 3)] : undefined;
    const commit = sequence.toString(16).padStart(40, "a");
    const key =
      fault === "name"
        ? `${service}/build-${sequence}.tar.gz`
        : artifactKey({ service, sequence, commit });
    return { service, sequence, key, fault };
  });
}

/** Uploads in the given order, eight at a time, and delivers some of `again` a second time. */
async function uploaded(random: () => number, now: readonly Made[], again: readonly Made[]) {
  const waiting = [...now];
  const uploader = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await artifacts.put(next.key, Buffer.from("archive"), metadataOf(next));
      const other = again[Math.floor(random() * again.length)];
      if (other && !other.fault) await deliverAgain(other);
    }
  };
  await Promise.all(Array.from({ length: 8 }, uploader));
}

function metadataOf({ sequence, fault }: Made): Record<string, string> {
  if (fault === "metadata") return { sequence: String(sequence) };
  return {
    sha256: "b".repeat(64),
    size: fault === "size" ? "1000" : String("archive".length),
    commit: sequence.toString(16).padStart(40, "a"),
    sequence: String(sequence),
    "built-by": "a test",
  };
}

/** Sends the event of an upload again, as S3 writes it; does nothing before the upload. */
async function deliverAgain({ key }: Made): Promise<void> {
  const versionId = (await artifacts.head(key))?.versionId;
  if (versionId === undefined) return;
  const s3 = { bucket: { name: on.bucket }, object: { key, versionId } };
  const event = { eventName: "ObjectCreated:Put", eventTime: new Date(), s3 };
  const MessageBody = JSON.stringify({ Records: [event] });
  await sqs.send(new SendMessageCommand({ QueueUrl: on.queueUrl, MessageBody }));
}

/** Runs some batches twice at once, and loses some answers, so that the whole batch is retried. */
function unreliable(random: () => number): Handler {
  return async (event) => {
    const isTwice = random() < 0.2;
    const [answer] = await Promise.all([handler(event), isTwice ? handler(event) : undefined]);
    const isNew = event.Records.every((it) => it.attributes.ApproximateReceiveCount === "1");
    if (isNew && random() < 0.1) throw new Error("the answer was lost");
    return answer;
  };
}

const hold = (service: string) =>
  on.consul.write([
    {
      verb: "set",
      key: keys.hold(service),
      value: JSON.stringify({ schema: 2, by: "a test", reason: "it", at: new Date() }),
    },
  ]);

async function lift(service: string): Promise<void> {
  const key = keys.hold(service);
  const index = (await on.consul.get(key)).found?.modifyIndex ?? 0;
  await on.consul.write([{ verb: "delete-cas", key, index }]);
}

/** Waits for this number of decisions; each upload has one. */
const decided = (count: number) =>
  until(
    `${count} decisions`,
    async () => (await on.consul.list(keys.audits())).found.length === count,
    60,
  );

async function deployedSequences(): Promise<Record<string, number>> {
  const { found } = await on.consul.list(keys.deploys());
  const deploys = found.map(({ key, value }) => parseDocument(Deploy, key, value));
  return Object.fromEntries(deploys.map((it) => [it.service, it.release.sequence]));
}

/** Every deploy that a service ever had, by its revision. */
async function history(service: string): Promise<Deploy[]> {
  const { found } = await on.consul.list(keys.rollouts(service));
  return found
    .map(({ key, value }) => parseDocument(Deploy, key, value))
    .sort((a, b) => a.revision - b.revision);
}

/** The number of messages that wait or are being handled. */
async function left(): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: on.queueUrl, AttributeNames: ["All"] }),
  );
  const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: taken } =
    Attributes;
  return Number(waiting) + Number(taken);
}

/** The sorted keys of the objects named by messages in the dead-letter queue. */
async function deadKeys(): Promise<string[]> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: on.deadLetters }));
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    if (Messages.length === 0) return found.sort();
    for (const { Body = "" } of Messages) {
      found.push(decodeURIComponent(JSON.parse(Body).Records[0].s3.object.key));
    }
  }
}

function shuffled<T>(random: () => number, list: readonly T[]): T[] {
  return list
    .map((it) => ({ it, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ it }) => it);
}
