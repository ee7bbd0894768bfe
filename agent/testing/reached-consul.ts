import { type Consul, ConsulAway } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import type { MemoryConsul } from "../../lib/testing/memory-consul.ts";
import type { SimulatedMachine } from "./simulated-machine/index.ts";

/**
 * Consul as an agent on a machine reaches it: each call is an effect of the machine. A call that
 * fails on the way back was still executed.
 *
 * @param sessions takes the sessions that the agent renews.
 */
export function reachedFrom(
  machine: SimulatedMachine,
  consul: MemoryConsul,
  sessions: Set<string>,
): Consul {
  const kept: Consul = {
    ...consul,
    async createSession(...args) {
      const id = await consul.createSession(...args);
      sessions.add(id);
      return id;
    },
    async renewSession(id) {
      const isAlive = await consul.renewSession(id);
      if (isAlive) sessions.add(id);
      return isAlive;
    },
  };
  return new Proxy(kept, {
    get(target, method: keyof Consul) {
      const call = target[method] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) =>
        machine
          .effect(`consul.${method}`, () => call(...args))
          .catch((error) => {
            if (error instanceof Problem) throw error;
            throw new ConsulAway({ happened: String(error), unchanged: "", next: "a test" });
          });
    },
  });
}
