import { request } from "node:http";
import type { Duplex } from "node:stream";
import type { Site } from "./get-load.ts";
import { type Load, startClients } from "./load.ts";

const clients = 5;
/** Frames after which a client goes and comes back, so that the load ends. */
const mostFrames = 200;
const goingAway = 1001;

/** Listens at a WebSocket until the server closes it as one that goes away, and connects at once. */
export const startSocketLoad = (site: Site, path: string): Load =>
  startClients(
    Array.from({ length: clients }, () => {
      const listenOnce = () => open(site, path).then(listen, (error: Error) => error.message);
      return ["WebSockets", listenOnce] as const;
    }),
  );

function open({ url, host }: Site, path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ host, connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    };
    const asked = request(`${url}${path}`, { headers });
    asked.on("upgrade", (_, socket, head) => {
      socket.unshift(head);
      resolve(socket);
    });
    asked.on("response", ({ statusCode }) => reject(new Error(`not opened: ${statusCode}`)));
    asked.on("error", reject);
    asked.end();
  });
}

/** @returns why the socket's end was none that a client expects */
function listen(socket: Duplex): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let frames = 0;
    const end = (why: string | undefined) => {
      resolve(why);
      socket.destroy();
    };
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = firstFrame(received); frame; frame = firstFrame(received)) {
        received = received.subarray(frame.length);
        frames += 1;
        if (frame.isClose) return end(whyClosed(frame.payload, frames));
      }
      if (frames >= mostFrames) end(undefined);
    });
    socket.on("error", (error) => end(`${error.message} after ${frames} frames`));
    socket.on("close", () => end(`no close frame after ${frames} frames`));
  });
}

function whyClosed(payload: Buffer, frames: number): string | undefined {
  const code = payload.length < 2 ? undefined : payload.readUInt16BE(0);
  return code === goingAway ? undefined : `closed with ${code} after ${frames} frames`;
}

/** Of a server: never masked. Its quotes are shorter than 64 KiB. */
function firstFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 0x7f;
  const from = short === 126 ? 4 : 2;
  if (bytes.length < from) return undefined;
  const length = from + (short === 126 ? bytes.readUInt16BE(2) : short);
  if (bytes.length < length) return undefined;
  return {
    length,
    isClose: ((bytes[0] as number) & 0x0f) === 8,
    payload: bytes.subarray(from, length),
  };
}
