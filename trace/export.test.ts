import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { aRoll, aTracedDeploy, at } from "../protocol/testing/rolled.ts";
import { exportSpans } from "./export.ts";
import { rolloutSpan, rollSpans, type Span } from "./spans.ts";
import { testCollector } from "./testing/collector.ts";

const deploy = aTracedDeploy({ traceparent: undefined });
const spans: readonly Span[] = [
  rolloutSpan("staging", deploy, { phase: "failed", endedAt: at(8) }, "it answered 500"),
  ...rollSpans("staging", deploy, aRoll()),
];
const secret = "a-very-secret-key";
const headers = { "x-team": secret };

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that handles a collector's requests with this function. */
async function aServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a collector gets every span with its id, parent, times, failure and headers", async () => {
  const collector = await testCollector();
  try {
    await exportSpans(spans, { endpoint: collector.endpoint, headers, timeoutMs: 5000 });
    const [rollout, ...rest] = spans;
    expect(collector.spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId])).toEqual(
      expect.arrayContaining(spans.map(({ spanId, parentId }) => [spanId, parentId])),
    );
    expect(collector.spans).toHaveLength(1 + rest.length);
    const received = collector.spans.find(({ spanId }) => spanId === rollout?.spanId);
    expect(received).toMatchObject({
      traceId: rollout?.traceId,
      name: "rollout",
      startMs: rollout?.startMs,
      endMs: rollout?.endMs,
      status: { code: 2, message: "it answered 500" },
      events: [{ name: "exception" }],
      resource: { "service.name": "web" },
      attributes: { "deployment.id": "web/3" },
    });
    expect(collector.headers[0]).toMatchObject(headers);
  } finally {
    await collector.close();
  }
});

test.each<[string, RequestListener]>([
  ["never answers", () => {}],
  [
    "answers without an end",
    (_, response) => void setInterval(() => response.write("x"), 50).unref(),
  ],
  ["answers 500", (_, response) => void response.writeHead(500).end("no")],
  ["answers 503 for ever", (_, response) => void response.writeHead(503).end()],
  ["answers with nonsense", (request) => void request.socket.end("what?\r\n\r\n")],
])(
  "an export to a collector that %s fails in time, and its error shows no header",
  async (_, answer) => {
    const endpoint = await aServer(answer);
    const attempt = exportSpans(spans, { endpoint, headers, timeoutMs: 300 }).then(
      () => "took it",
      (error: Error) => error.message,
    );
    const late = new Promise<string>((resolve) =>
      setTimeout(() => resolve("never gave up"), 10_000),
    );
    const end = await Promise.race([attempt, late]);
    expect(end).toMatch(/^the collector /);
    expect(end).not.toContain(secret);
  },
);

test("an export to a collector that is not there fails", async () => {
  const endpoint = await aServer(() => {});
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
  await expect(exportSpans(spans, { endpoint, headers, timeoutMs: 300 })).rejects.toThrow(
    "the collector ",
  );
});
