import { setTimeout as pause } from "node:timers/promises";
import type { Consul } from "../../lib/consul.ts";
import { InstanceRollout, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";

/** Polls a service's reports. */
export interface RollingWatch {
  /** Leaves out an instance that can no longer report. */
  ignore(instance: string): void;
  /** Returns the instances that rolled at the moment when most did. */
  stop(): Promise<readonly string[]>;
}

/** Watches how many instances of a service roll at once; one answer has all reports. */
export function watchRolling(consul: Consul, service: string): RollingWatch {
  let most: readonly string[] = [];
  const ignored = new Set<string>();
  let goesOn = true;
  const watching = watch();
  return {
    ignore: (instance) => void ignored.add(instance),
    async stop() {
      goesOn = false;
      await watching;
      return most;
    },
  };

  async function watch(): Promise<void> {
    while (goesOn) {
      const now = await rolling().catch(() => []); // Consul may be away
      if (now.length > most.length) most = now;
      await pause(100);
    }
  }

  async function rolling(): Promise<string[]> {
    const reports = await rollingReports(consul, keys.rollouts(service));
    return reports
      .filter(({ instance }) => !ignored.has(instance))
      .map(({ instance, revision }) => `${instance} (revision ${revision})`);
  }
}

/** The reports of rolling instances below a prefix, of one rollout or of all, from one answer. */
export async function rollingReports(consul: Consul, prefix: string): Promise<InstanceRollout[]> {
  const { found } = await consul.list(prefix);
  return found
    .filter(({ key }) => key.includes("/instances/"))
    .map(({ key, value }) => parseDocument(InstanceRollout, key, value))
    .filter(({ phase }) => phase === "rolling");
}
