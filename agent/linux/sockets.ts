import type { Connections } from "../core/effects.ts";
import type { Exec } from "./exec.ts";

/** States in which a connection still carries, or may still carry, a request or its answer. */
const openStates = ["syn-recv", "established", "fin-wait-1", "close-wait", "last-ack"];

/**
 * Counts connections by a netlink query that the kernel filters by state and port: it skips the
 * tens of thousands in TIME_WAIT that make reading /proc/net/tcp slow. Each query starts a program,
 * so ports that are asked for while one is under way share the next one.
 */
export function sockets(exec: Exec): Connections {
  const asked = new Set<number>();
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<Readonly<Record<number, number>>> | undefined;

  const query = async () => {
    next = undefined;
    const ports = [...asked].map((port) => `sport = :${port}`);
    asked.clear();
    const states = openStates.flatMap((state) => ["state", state]);
    const text = await exec("ss", ["-Htn", ...states, `( ${ports.join(" or ")} )`]);
    const counts: Record<number, number> = {};
    for (const line of text.split("\n")) {
      const port = Number(line.split(/\s+/)[3]?.split(":").at(-1));
      counts[port] = (counts[port] ?? 0) + 1;
    }
    return counts;
  };
  return {
    async count(port) {
      asked.add(port);
      if (!next) {
        next = last.then(query, query);
        last = next;
      }
      return (await next)[port] ?? 0;
    },
  };
}
