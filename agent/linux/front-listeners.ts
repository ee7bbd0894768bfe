import { connect, createServer, type Server, type Socket } from "node:net";
import type { Log } from "../core/effects.ts";

/** Takes connections to front ports while the table that redirects them is out. */
export interface FrontListeners {
  /**
   * Follows the gate: listens on each open front port and passes connections to its worker port.
   *
   * @param active worker port by front port.
   * @param closed front ports that refuse connections now.
   */
  follow(active: ReadonlyMap<number, number>, closed: ReadonlyMap<number, unknown>): void;
}

/**
 * Listens on the front ports themselves, on loopback. While the table is intact no connection
 * gets here: the kernel redirects them all. A flush of the ruleset (a firewall that reloads) takes
 * that out until the gate is repaired, and meanwhile the agent carries what nginx sends. A closed
 * front port has no listener, so it refuses as the table does.
 */
export function frontListeners(log: Log): FrontListeners {
  let routes: ReadonlyMap<number, number> = new Map();
  const listening = new Map<number, Server>();

  const listen = (front: number) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (inbound) => {
      const port = routes.get(front);
      if (port === undefined) inbound.destroy();
      else join(inbound, connect({ host, port, allowHalfOpen: true, noDelay: true }));
    });
    server.on("error", (error) => {
      // Also after a connection that could not be accepted: the next change listens again.
      server.close();
      if (listening.get(front) === server) listening.delete(front);
      log("front.listen", { front, error: error.message });
    });
    server.listen(front, host);
    listening.set(front, server);
  };

  return {
    follow(active, closed) {
      routes = new Map(active);
      for (const [front, server] of listening) {
        if (active.has(front) && !closed.has(front)) continue;
        listening.delete(front);
        server.close(); // accepted connections go on
      }
      for (const front of active.keys()) {
        if (!closed.has(front) && !listening.has(front)) listen(front);
      }
    },
  };
}

const host = "127.0.0.1";

/** Passes on what each side sends, and its end; where one breaks, the other does. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroySoon());
  }
}
