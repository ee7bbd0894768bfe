import { setTimeout as pause } from "node:timers/promises";
import type { Consul } from "../../protocol/consul.ts";
import { InstanceRollout, parseDocument } from "../../protocol/documents.ts";

/** Looks at a service's reports again and again. */
export interface RollingWatch {
  /** Takes out an instance that cannot report any more. */
  ignore(instance: string): void;
  /** Instances of the moment at which the most of them said that they roll. */
  stop(): Promise<readonly string[]>;
}

/** Watches how many instances of a service roll at once: all reports are read in one answer. */
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
    const { found } = await consul.list(`rollouts/${service}/`);
    return found
      .filter(({ key }) => key.includes("/instances/"))
      .map(({ key, value }) => parseDocument(InstanceRollout, key, value))
      .filter(({ instance, phase }) => phase === "rolling" && !ignored.has(instance))
      .map(({ instance, revision }) => `${instance} (revision ${revision})`);
  }
}
