import type { IncomingHttpHeaders } from "node:http2";
import { describe } from "../../lib/problem.ts";
import { grpcHealthPath } from "../../protocol/grpc-health.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Answer, Probe } from "../core/effects.ts";
import { probeHeaders } from "../core/probe-headers.ts";
import { probeTimeoutMs } from "./http-probe.ts";

type Asked = Pick<ServiceFile, "hosts" | "plainHttp" | "probe" | "protocol">;

interface Arrived {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Probes over HTTP/2 without TLS, on a new connection each time. */
export const http2Probe = (service: Asked): Probe => ({
  async ask(port, path) {
    try {
      const arrived = await call(service, port, path);
      return service.protocol === "grpc" ? grpcAnswer(path, arrived) : httpAnswer(arrived);
    } catch (error) {
      return { error: describe(error) };
    }
  },
});

/** A frame of gRPC with an empty message: not compressed, of no byte. */
const emptyMessage = Buffer.alloc(5);
/** `HealthCheckResponse` with the status SERVING. */
const serving = Buffer.from([0x08, 0x01]);

async function call(service: Asked, port: number, path: string): Promise<Arrived> {
  const { connect } = await import("node:http2"); // a megabyte that few machines need
  const { Host, Connection, ...others } = probeHeaders(service);
  const isGrpc = service.protocol === "grpc";
  const session = connect(`http://127.0.0.1:${port}`);
  return await new Promise<Arrived>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${probeTimeoutMs} ms`)),
      probeTimeoutMs,
    );
    const stream = session.request({
      ":method": isGrpc ? "POST" : "GET",
      ":path": path,
      ":authority": Host,
      ...others,
      ...(isGrpc ? { "content-type": "application/grpc", te: "trailers" } : {}),
    });
    let headers: IncomingHttpHeaders = {};
    const body: Buffer[] = [];
    for (const part of [session, stream]) part.on("error", reject);
    stream.on("response", (first) => (headers = first));
    stream.on("trailers", (last) => (headers = { ...headers, ...last }));
    stream.on("data", (chunk: Buffer) => body.push(chunk));
    stream.on("close", () => {
      clearTimeout(timer);
      resolve({ headers, body: Buffer.concat(body) });
    });
    stream.end(isGrpc ? emptyMessage : undefined);
  }).finally(() => session.destroy());
}

function httpAnswer({ headers }: Arrived): Answer {
  const status = Number(headers[":status"]);
  if (!status) return { error: "the connection closed without an answer" };
  const release = headers["shoestring-release"];
  return typeof release === "string" ? { status, release } : { status };
}

/** The call has to end well, and gRPC's own health check has to say that it serves. */
function grpcAnswer(path: string, arrived: Arrived): Answer {
  const answer = httpAnswer(arrived);
  const code = arrived.headers["grpc-status"];
  if ("error" in answer || answer.status !== 200) return answer;
  if (code !== "0") return { error: `it answered with grpc-status ${code ?? "missing"}` };
  const message = arrived.body.subarray(emptyMessage.length);
  const isServing = path !== grpcHealthPath || message.equals(serving);
  return isServing ? answer : { error: "its health check does not say SERVING" };
}
