import type { Consul } from "../../lib/consul.ts";
import { LargeState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { recentlyLarge } from "../../protocol/large-state.ts";
import { orElse } from "../../protocol/unusable.ts";

/** The instances where a service keeps more state than its cluster file says, by name. */
export async function readLargeState(
  consul: Consul,
  service: string,
  now: Date,
): Promise<LargeState["instances"]> {
  const key = keys.largeState(service);
  const { found } = await consul.get(key);
  if (!found) return {};
  // An agent writes over one that cannot be read.
  const read = orElse(
    () => parseDocument(LargeState, key, found.value).instances,
    () => ({}),
  );
  return recentlyLarge(read, now);
}

export const largeStateLines = (instances: LargeState["instances"]): string[] =>
  Object.entries(instances).map(
    ([name, { mib, maxMib }]) => `${name} keeps ${mib} MiB of state, more than its ${maxMib} MiB`,
  );
