import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coveredMs } from "../../lib/covered-ms.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { traceOf } from "../../protocol/traceparent.ts";
import {
  type ReceivedSpan,
  type TestCollector,
  testCollector,
} from "../../trace/testing/collector.ts";
import { putSecret } from "./artifacts.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

const secret = "a-very-secret-key";
const canary = `canary-${randomBytes(12).toString("hex")}`;
const parameter = "/shoestring/local/trace/key";

let collector: TestCollector;
let on: RegionUnderTest;

beforeAll(async () => {
  // On every address, because the region chooses its bridge's address later.
  collector = await testCollector("0.0.0.0");
  const trace = {
    endpoint: `http://collector.local.internal:${collector.port}`,
    headers: { "x-team": `ssm:${parameter}` },
  };
  on = await regionUnderTest({ processes: 2 }, { trace });
  await putSecret(parameter, secret);
  await putSecret("/shoestring/local/web/password", canary);
  await on.shoestring("config", "set", "web", "PASSWORD", "ssm:/shoestring/local/web/password");
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${collector.port}`;
});

afterAll(async () => {
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  await endTestRegion();
  await collector.close();
});

const received = (deploy: Deploy) =>
  collector.spans.filter(({ traceId }) => traceId === traceOf(deploy).traceId);
const named = (spans: readonly ReceivedSpan[], name: string) =>
  spans.filter((span) => span.name === name);

/** Waits for a rollout's whole trace: the spans of each instance and of the rollout itself. */
const wholeTrace = (deploy: Deploy) =>
  until(`the trace of revision ${deploy.revision}`, async () => {
    const spans = received(deploy);
    const isWhole = named(spans, "roll").length === 2 && named(spans, "rollout").length === 1;
    return isWhole ? spans : undefined;
  });

test("a push is one trace up to the last gate, and its parts add up to the time that it took", async () => {
  await on.pushed(); // the first one drains and stops nothing
  // A realistic boot time: the time without a span is the same few moments, however long it is.
  const deploy = await on.pushed({ bootMs: 500 });
  const spans = await wholeTrace(deploy);

  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId);
  expect(roots.map(({ name }) => name)).toEqual(["build"]);
  expect(spans.filter((it) => it.parentSpanId && !ids.has(it.parentSpanId))).toEqual([]);

  const count = (name: string) => named(spans, name).length;
  const once = ["build", "upload", "announce", "rollout"];
  expect(once.map(count)).toEqual([1, 1, 1, 1]);
  expect(["roll", "prepare", "process"].map(count)).toEqual([2, 2, 4]);
  for (const step of ["start", "probe", "open", "drain", "stop"]) expect(count(step)).toBe(4);
  const hosts = named(spans, "roll").map(({ resource }) => resource["host.name"]);
  expect(hosts.sort()).toEqual(["web-1", "web-2"]);

  const from = Math.min(...spans.map(({ startMs }) => startMs));
  const wall = Math.max(...spans.map(({ endMs }) => endMs)) - from;
  const phases = once.flatMap((name) => named(spans, name));
  expect(covered(phases) / wall).toBeGreaterThan(0.95);
  const sum = phases.reduce((ms, { startMs, endMs }) => ms + endMs - startMs, 0);
  expect(Math.abs(sum - wall) / wall).toBeLessThan(0.05);
  // The steps alone cover as much of the time.
  const containers = ["rollout", "roll", "process"];
  const steps = spans.filter(({ name }) => !containers.includes(name));
  expect(covered(steps) / wall).toBeGreaterThan(0.95);
});

test("the waterfall from Consul has the same spans as the collector received", async () => {
  const deploy = await on.deploy();
  const { out } = await on.shoestring("trace", "web", "--json");
  const { spans } = JSON.parse(out) as { spans: { spanId: string }[] };
  const ids = (all: readonly { readonly spanId: string }[]) => all.map((it) => it.spanId).sort();
  expect(ids(spans)).toEqual(ids(await wholeTrace(deploy)));
});

test("a failed probe marks its step and all spans above it as errors", async () => {
  const deploy = await on.push({ pingStatus: 500 });
  expect((await on.ended(deploy)).phase).toBe("failed");
  const failed = await until("the rollout's span", async () =>
    named(received(deploy), "rollout").find(({ status }) => status.code === 2),
  );
  expect(failed.events.map(({ name }) => name)).toEqual(["exception"]);
  // The instance sends the spans of its roll after the rollout's end.
  const probe = await until("the probe's span", async () =>
    named(received(deploy), "probe").find(({ status }) => status.code === 2),
  );
  expect(probe.status.message).toContain("it answered 500");
});

test("the collector's key reaches the collector and no log", async () => {
  expect(collector.headers.some((headers) => headers["x-team"] === secret)).toBe(true);
  for (const instance of ["web-1", "web-2"]) {
    const log = await on.on(instance, "journalctl", "--no-pager", "-u", "shoestring-agent");
    expect(log).toContain("deploy.ended");
    expect(log).not.toContain(secret);
    expect(log).not.toContain("trace.failed");
  }
});

test("no span of a good or a failed release has the value of a service's secret", async () => {
  const bodies = collector.bodies.join("\n");
  expect(bodies).toContain((await on.deploy()).release.id);
  expect(bodies).toContain("it answered 500");
  expect(bodies).not.toContain(canary);
  const { out } = await on.shoestring("trace", "web", "--json");
  expect(out).toContain("it answered 500");
  expect(out).not.toContain(canary);
  for (const instance of ["web-1", "web-2"]) {
    const environment = await on.on(instance, "sh", "-c", "cat /srv/web/processes/*/env");
    expect(environment).toContain(canary); // the process has it
  }
});

test("a push is done without its collector, the log reports the failure, and no child process stays", async () => {
  await collector.close();
  await on.pushed();
  for (const instance of ["web-1", "web-2"]) {
    await until(`a line in the log of ${instance}`, async () => {
      const log = await on.on(instance, "journalctl", "--no-pager", "-u", "shoestring-agent");
      return log.includes("trace.failed");
    });
    await until(`the end of the child on ${instance}`, async () => {
      const running = await on.on(instance, "ps", "-ww", "-eo", "args");
      return running.includes("agent.js") && !running.includes("aws.js trace");
    });
  }
});

/** Milliseconds in which at least one of the spans was under way. */
const covered = (spans: readonly ReceivedSpan[]) =>
  coveredMs(spans.map(({ startMs, endMs }) => [startMs, endMs]));
