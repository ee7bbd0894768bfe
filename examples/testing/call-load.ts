import { type ClientHttp2Session, connect } from "node:http2";
import type { Site } from "./get-load.ts";
import { type Attempt, type Load, startClients } from "./load.ts";

/** A stream that the server may end well, before the caller has had enough of it. */
interface Call {
  readonly method: string;
  /** Messages after which the caller has had enough. */
  readonly messages: number;
  readonly mayEndSooner?: boolean;
}

const clientsEach = 3;

/** A message of gRPC without compression: `Symbol { name: "SHOE" }`. */
const symbol = Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from("SHOE")]);

/** Calls methods of the example's `Quotes` over HTTP/2 without TLS, each client with one connection. */
export const startCallLoad = (site: Site, calls: Readonly<Record<string, Call>>): Load =>
  startClients(
    Object.entries(calls).flatMap(([name, it]) =>
      Array.from({ length: clientsEach }, () => [name, caller(site, it)] as const),
    ),
  );

/** Connects anew when the load balancer has closed the connection, and for no other reason. */
function caller({ url, host }: Site, it: Call): Attempt {
  let session: ClientHttp2Session | undefined;
  return () => {
    if (!session || session.closed || session.destroyed) {
      session = connect(url);
      session.on("error", () => undefined); // its streams tell
    }
    return call(session, host, it);
  };
}

function call(session: ClientHttp2Session, host: string, it: Call): Promise<string | undefined> {
  return new Promise((resolve) => {
    const stream = session.request({
      ...{ ":method": "POST", ":path": `/live.Quotes/${it.method}`, ":authority": host },
      ...{ "content-type": "application/grpc", te: "trailers" },
    });
    let told: Readonly<Record<string, unknown>> = {};
    let received = Buffer.alloc(0);
    let isEnough = false;
    const messages = () => countMessages(received);
    stream.on("response", (headers) => (told = headers));
    stream.on("trailers", (trailers) => (told = { ...told, ...trailers }));
    stream.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      isEnough = it.messages > 1 && messages() >= it.messages;
      if (isEnough) stream.close();
    });
    stream.on("error", () => undefined); // "close" follows
    stream.on("close", () => {
      const isWell = told[":status"] === 200 && told["grpc-status"] === "0";
      if (isEnough || (isWell && (it.mayEndSooner || messages() === it.messages)))
        resolve(undefined);
      else resolve(`${told[":status"]}, ${told["grpc-status"]}, ${messages()} messages`);
    });
    stream.end(symbol);
  });
}

/** Each message has its length before it. */
function countMessages(received: Buffer): number {
  let count = 0;
  for (let at = 0; at + 5 <= received.length; at += 5 + received.readUInt32BE(at + 1)) count += 1;
  return count;
}
