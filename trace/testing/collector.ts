import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty or absent for a root. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  /** 2: error. */
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events: readonly { readonly name: string }[];
}

/** A collector that accepts OTLP in JSON over HTTP, and keeps it. */
export interface TestCollector {
  readonly port: number;
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Headers of each request. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Bodies of the requests, as they arrived. */
  readonly bodies: readonly string[];
  close(): Promise<void>;
}

export async function testCollector(address = "127.0.0.1", port = 0): Promise<TestCollector> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    headers.push(request.headers);
    const isRight = request.method === "POST" && request.url === "/v1/traces";
    const body = await text(request);
    bodies.push(body);
    spans.push(...received(JSON.parse(body) as OtlpRequest));
    response.writeHead(isRight ? 200 : 404, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  const { port: taken } = server.address() as AddressInfo;
  return {
    port: taken,
    endpoint: `http://${address}:${taken}`,
    spans,
    headers,
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type KeyValue = { key: string; value: Readonly<Record<string, unknown>> };

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, "attributes"> & {
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: readonly KeyValue[];
      })[];
    }[];
  }[];
}

function received({ resourceSpans }: OtlpRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        ...span,
        startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
        attributes: record(span.attributes),
        resource: record(resource.attributes),
      })),
    ),
  );
}

const record = (pairs: readonly KeyValue[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
