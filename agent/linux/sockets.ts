import type { Connections } from "../effects.ts";
import type { Exec } from "./exec.ts";

/** States in which a connection still carries, or may still carry, a request or its answer. */
const openStates = ["syn-recv", "established", "fin-wait-1", "close-wait", "last-ack"];

/**
 * Connections by a netlink query that the kernel filters by state and port: it skips what is in
 * TIME_WAIT, whose tens of thousands make reading /proc/net/tcp slow (design §7).
 */
export const sockets = (exec: Exec): Connections => ({
  async count(port) {
    const states = openStates.flatMap((state) => ["state", state]);
    const text = await exec("ss", ["-Htn", ...states, `sport = :${port}`]);
    return text.split("\n").filter((line) => line !== "").length;
  },
});
