import { latestDeploy } from "../../agent/core/latest-deploy.ts";
import { openJournal } from "../../agent/core/state.ts";
import { serveService } from "../../agent/deploy/serve.ts";
import { Retirements } from "../../agent/roll/retirements.ts";
import { StatusWriter } from "../../agent/rollout/status-writer.ts";
import { aDeploy, aService, silentLog } from "../../agent/testing/builders.ts";
import { healthOf } from "../../agent/testing/health-of.ts";
import { simulatedClock } from "../../agent/testing/simulated-clock.ts";
import { simulatedMachine } from "../../agent/testing/simulated-machine/index.ts";
import { noTracing } from "../../agent/trace/tracing.ts";
import type { Consul, Entry, Read } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Deploy, formatDocument, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";

/** Counts of the agents' requests to Consul. */
export interface Requests {
  /** Transactions that were committed. */
  writes: number;
  /** Transactions that were refused, such as for a slot that another instance holds. */
  refused: number;
  sessions: number;
  renewals: number;
  reads: number;
  /** Instances' reports in the answers to reads. */
  reports: number;
}

const reportsIn = ({ found }: Read<Entry[]>) =>
  found.filter(({ key }) => /^rollouts\/.*\/instances\//.test(key)).length;

/** A Consul that counts its requests. */
export function counting(consul: Consul): { readonly consul: Consul; readonly seen: Requests } {
  const seen = { writes: 0, refused: 0, sessions: 0, renewals: 0, reads: 0, reports: 0 };
  const count = async (method: keyof Consul, answer: Promise<unknown>) => {
    if (method === "list") seen.reports += reportsIn((await answer) as Read<Entry[]>);
    if (method === "createSession") seen.sessions += 1;
    else if (method === "renewSession") seen.renewals += 1;
    else if (method === "write") seen[(await answer) ? "writes" : "refused"] += 1;
    else if (method !== "destroySession" && method !== "registerService") seen.reads += 1;
  };
  const counted = new Proxy(consul, {
    get(target, method: keyof Consul) {
      const call = target[method] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => {
        const answer = call(...args);
        count(method, answer).catch(() => {}); // the caller gets the error
        return answer;
      };
    },
  });
  return { consul: counted, seen };
}

/**
 * A rollout over simulated instances, with the agent's own loop. It counts the second deploy, from
 * its write until it is done, so that every instance has served before.
 */
export async function simulatedRollout(instances: number, maxUnavailable = 1): Promise<Requests> {
  const clock = simulatedClock();
  const memory = memoryConsul(clock.sleep);
  const opened: string[] = [];
  const { consul, seen } = counting({
    ...memory,
    async createSession(name, ttlSeconds) {
      const id = await memory.createSession(name, ttlSeconds);
      opened.push(id);
      return id;
    },
  });
  const service = aService({ maxUnavailable });
  const names = Array.from({ length: instances }, (_, i) => `web-${i + 1}`);
  memory.nodes("web", names);
  for (const [i, instance] of names.entries()) {
    const machine = simulatedMachine({ service, clock });
    const journal = await openJournal(machine.file);
    const on = {
      ...machine,
      health: healthOf(machine, { service, journal, clock, instance }),
      instance,
      incarnation: "run 1",
      service,
      consul,
      clock,
      secrets: async () => new Map<string, string>(),
      journal,
      statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
      latestDeploy: latestDeploy(),
      retirements: new Retirements(),
      notifiers: [],
      tracing: noTracing,
      log: silentLog,
    };
    void serveService(on, () => i / instances, new AbortController().signal);
  }
  const deployed = async (sequence: number) => {
    const deploy = aDeploy(sequence);
    memory.put(keys.deploy("web"), formatDocument(Deploy, keys.deploy("web"), deploy));
    const key = keys.rollout("web", deploy.revision);
    for (;;) {
      await clock.sleep(100);
      const text = memory.text(key);
      if (text !== undefined && parseDocument(Rollout, key, text).phase === "done") return;
    }
  };
  await clock.run(deployed(1));
  await clock.run(clock.sleep(10_000)); // the last reports and the release of the slot
  for (const id of opened) memory.expireSession(id); // nothing renews them any more
  const before = { ...seen };
  await clock.run(deployed(2));
  return {
    writes: seen.writes - before.writes,
    refused: seen.refused - before.refused,
    sessions: seen.sessions - before.sessions,
    renewals: seen.renewals - before.renewals,
    reads: seen.reads - before.reads,
    reports: seen.reports - before.reports,
  };
}
