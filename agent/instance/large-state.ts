import type { Consul, Operation } from "../../lib/consul.ts";
import {
  formatDocument,
  LargeState,
  parseDocument,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { recentlyLarge } from "../../protocol/large-state.ts";
import { orElse } from "../../protocol/unusable.ts";
import type { Clock } from "../core/effects.ts";

/** Tells the fleet how large the state folder of a service is on this instance, in MiB. */
export type ReportLargeState = (
  service: string,
  size: { readonly mib: number; readonly maxMib: number } | undefined,
) => Promise<void>;

/**
 * Writes this instance into the document of those whose state is too large, or takes it out.
 *
 * @throws ConsulAway, ConsulDenied: the next look tries again.
 */
export const reportLargeState =
  (deps: {
    readonly consul: Consul;
    readonly instance: string;
    readonly clock: Clock;
  }): ReportLargeState =>
  async (service, size) => {
    const { consul, instance, clock } = deps;
    const key = keys.largeState(service);
    for (;;) {
      const { found } = await consul.get(key);
      // One that cannot be read is written over.
      const read = orElse(
        () => (found ? parseDocument(LargeState, key, found.value).instances : {}),
        () => ({}),
      );
      const now = clock.now();
      const { [instance]: _, ...others } = recentlyLarge(read, now);
      const own = size && { [instance]: { ...size, at: now.toISOString() } };
      const instances = { ...others, ...own };
      const index = found?.modifyIndex ?? 0;
      const isEmpty = Object.keys(instances).length === 0;
      if (isEmpty && !found) return;
      const value = formatDocument(LargeState, key, { schema: schemaVersion, instances });
      const write: Operation = isEmpty
        ? { verb: "delete-cas", key, index }
        : { verb: "cas", key, value, index };
      if (await consul.write([write])) return;
    }
  };
