import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** A proxy in front of the simulated S3. */
export interface SlowS3 {
  readonly port: number;
  /** From now on every object is answered with 503. */
  refuse(): void;
  /** The numbers of objects that were late and that were answered with 503. */
  answered(): { readonly late: number; readonly refused: number };
  close(): void;
}

/** Each object comes this late, or one byte of it comes in this interval. */
export type Slowness = { readonly lateMs: number } | { readonly byteEveryMs: number };

/**
 * Answers objects of a bucket slowly, and with 503 after `refuse()`, and passes everything else on
 * at once.
 *
 * @param upstream the simulated AWS; the proxy listens on the same address.
 */
export async function startSlowS3(
  upstream: string,
  bucket: string,
  slowness: Slowness,
): Promise<SlowS3> {
  let refuses = false;
  const counts = { late: 0, refused: 0 };
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const { hostname } = new URL(upstream);
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    refuse() {
      refuses = true;
    },
    answered: () => ({ ...counts }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, headers, url = "/" } = incoming;
    const isObject = url.startsWith(`/${bucket}`);
    if (isObject) {
      if (!refuses) {
        counts.late += 1;
        if ("lateMs" in slowness) await pause(slowness.lateMs);
      }
      if (refuses) {
        counts.refused += 1;
        return void outgoing.writeHead(503).end("Slow Down");
      }
    }
    const passed = request(new URL(url, upstream), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      if (isObject && "byteEveryMs" in slowness) {
        void trickle(response, outgoing, slowness.byteEveryMs);
      } else {
        response.pipe(outgoing);
      }
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  }
}

async function trickle(from: IncomingMessage, to: ServerResponse, everyMs: number) {
  for (const byte of await buffer(from)) {
    if (to.destroyed) return;
    to.write(Buffer.of(byte));
    await pause(everyMs);
  }
  to.end();
}
