import { type Carrying, carryOut } from "../../agent/carry-out.ts";
import { reporter } from "../../agent/fleet/reporter.ts";
import { openJournal } from "../../agent/state.ts";
import { aDeploy, aService, silentLog } from "../../agent/testing/builders.ts";
import { type SimulatedClock, simulatedClock } from "../../agent/testing/simulated-clock.ts";
import { simulatedMachine } from "../../agent/testing/simulated-machine.ts";
import { wishes } from "../../agent/wishes.ts";
import type { Consul } from "../../protocol/consul.ts";
import { Deploy, formatDocument, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { type After, memoryConsul } from "../../protocol/testing/memory-consul.ts";

/** What agents asked of Consul. */
export interface Requests {
  /** Transactions that were carried out. */
  writes: number;
  /** Transactions that were refused, such as for a slot that another instance holds. */
  refused: number;
  sessions: number;
  renewals: number;
  reads: number;
}

/** A Consul that counts what it is asked. */
export function counting(consul: Consul): { readonly consul: Consul; readonly seen: Requests } {
  const seen: Requests = { writes: 0, refused: 0, sessions: 0, renewals: 0, reads: 0 };
  const read = <T>(answer: T): T => {
    seen.reads += 1;
    return answer;
  };
  return {
    seen,
    consul: {
      ...consul,
      get: (key, options) => read(consul.get(key, options)),
      list: (prefix, options) => read(consul.list(prefix, options)),
      serviceNodes: (service, passing) => read(consul.serviceNodes(service, passing)),
      async write(operations) {
        const written = await consul.write(operations);
        seen[written ? "writes" : "refused"] += 1;
        return written;
      },
      createSession(name, ttlSeconds) {
        seen.sessions += 1;
        return consul.createSession(name, ttlSeconds);
      },
      renewSession(id) {
        seen.renewals += 1;
        return consul.renewSession(id);
      },
    },
  };
}

/** Blocking reads wait by a simulated clock. */
export const simulatedTime =
  (clock: SimulatedClock): After =>
  (ms, end) => {
    let cancelled = false;
    void clock.sleep(ms).then(() => cancelled || end());
    return () => {
      cancelled = true;
    };
  };

/** A rollout over simulated instances, with the agent's own code from the wish to the conclusion. */
export async function simulatedRollout(
  instances: number,
  maxUnavailable: number,
): Promise<{ readonly requests: Requests; readonly seconds: number }> {
  const clock = simulatedClock();
  const memory = memoryConsul(simulatedTime(clock));
  const { consul, seen } = counting(memory);
  const service = aService({ maxUnavailable });
  const deploy = aDeploy(1);
  const names = Array.from({ length: instances }, (_, i) => `web-${i + 1}`);
  memory.nodes("web", names);
  memory.put(keys.deploy("web"), formatDocument(Deploy, keys.deploy("web"), deploy));
  await clock.run(
    Promise.all(
      names.map(async (instance) => {
        const machine = simulatedMachine({ service, clock });
        const on: Carrying = {
          ...machine,
          instance,
          service,
          consul,
          clock,
          secrets: async () => new Map(),
          journal: await openJournal(machine.file),
          reporter: reporter({ consul, clock, log: silentLog }),
          wishes: wishes(),
          log: silentLog,
        };
        on.wishes.put(deploy);
        await carryOut(on, await on.wishes.take());
      }),
    ),
  );
  const key = keys.rollout("web", deploy.revision);
  const { phase } = parseDocument(Rollout, key, memory.text(key) ?? "");
  if (phase !== "done") throw new Error(`the simulated rollout is ${phase}, not done`);
  return { requests: { ...seen }, seconds: clock.monotonicMs() / 1000 };
}
