import { connect } from "node:net";

/** A connection that stays open until one side closes it. */
export interface LongConnection {
  /** Resolves with the moment of its end (`Date.now()`). */
  readonly ended: Promise<number>;
  close(): void;
}

/** Opens a WebSocket through the load balancer. Rejects where it is not accepted. */
export function openWebsocket(url: string, host: string): Promise<LongConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ended = new Promise<number>((resolve) => socket.on("close", () => resolve(Date.now())));
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.once("data", (data) => {
      if (!data.toString().startsWith("HTTP/1.1 101")) {
        return reject(new Error(`no WebSocket: ${data.toString().split("\r\n")[0]}`));
      }
      resolve({ ended, close: () => socket.destroy() });
    });
  });
}
