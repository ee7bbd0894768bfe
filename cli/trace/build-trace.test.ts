import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { artifactKey } from "../../protocol/releases.ts";
import { parseTraceparent } from "../../protocol/traceparent.ts";
import type { Span } from "../../trace/spans.ts";
import { testCollector } from "../../trace/testing/collector.ts";
import { commandLine } from "../testing/command-line.ts";
import { type Tracing, tracingOf } from "./collector.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "shoestring-trace-"));
  await writeFile(join(folder, "server.js"), "serve");
});
afterAll(() => rm(folder, { recursive: true }));

const commit = "c".repeat(40);
const chosen = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;

/** Pushes with a collector that keeps the spans. */
async function pushed(tracing: Partial<Tracing>, ...options: string[]) {
  const spans: Span[] = [];
  const exportSpans = async (more: readonly Span[]) => void spans.push(...more);
  const line = commandLine({ traceparent: undefined, exportSpans, ...tracing });
  const words = ["release", "push", folder, "--service", "web", "--commit", commit, ...options];
  const result = await line.shoestring(...words);
  const object = line.artifacts.object(artifactKey({ service: "web", sequence: 1, commit }));
  return { spans, result, metadata: object?.metadata ?? {} };
}

test("a push exports the spans of its build and upload, and the deploy continues below the build", async () => {
  const { spans, metadata } = await pushed({}, "--build-started", "2026-01-01T00:00:00Z");
  const [build, upload] = spans;
  expect(spans.map(({ name }) => name)).toEqual(["build", "upload"]);
  expect(build?.parentId).toBeUndefined();
  expect(upload?.parentId).toBe(build?.spanId);
  expect(parseTraceparent(metadata.traceparent ?? "")).toEqual({
    traceId: build?.traceId,
    spanId: build?.spanId,
    isSampled: true,
  });
  expect(build?.startMs).toBe(Date.UTC(2026, 0, 1));
  expect(upload?.startMs).toBe(build?.endMs);
  expect(metadata["build-started"]).toBe("2026-01-01T00:00:00.000Z");
});

test("a workflow's first step may choose the build's span, and the push exports that span", async () => {
  const { spans, metadata } = await pushed({ traceparent: chosen });
  expect(spans[0]).toMatchObject({ traceId: "1".repeat(32), spanId: "2".repeat(16) });
  expect(spans[0]?.parentId).toBeUndefined();
  expect(spans[1]?.parentId).toBe("2".repeat(16));
  expect(metadata.traceparent).toBe(chosen);
});

test("a push without a collector clears the sampled flag, and keeps the trace's id", async () => {
  const { metadata } = await pushed({ exportSpans: undefined, traceparent: chosen });
  expect(metadata.traceparent).toBe(chosen.replace(/-01$/, "-00"));
});

test("OpenTelemetry's own variables name the collector", async () => {
  const collector = await testCollector();
  try {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRACEPARENT: chosen };
    const tracing = tracingOf(env, () => {});
    const { result } = await pushed(tracing);
    expect(result.code).toBe(0);
    expect(collector.spans.map(({ name }) => name)).toEqual(["build", "upload"]);
  } finally {
    await collector.close();
  }
});

test("a push succeeds without its collector, and warns that the trace is not complete", async () => {
  const lines: string[] = [];
  const gone = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const { result } = await pushed(tracingOf(gone, (line) => void lines.push(line)));
  expect(result.code).toBe(0);
  expect(lines.join()).toMatch(/^the trace is not complete: the collector /);
});

test("an invalid TRACEPARENT is ignored", () => {
  expect(tracingOf({ TRACEPARENT: "yes" }, () => {}).traceparent).toBeUndefined();
});

test("an invalid --build-started is wrong use", async () => {
  const { result } = await pushed({}, "--build-started", "yesterday");
  expect(result.code).toBe(2);
  expect(result.err).toContain('--build-started takes a time like 2026-01-31T12:00:00Z, got "yes');
});
