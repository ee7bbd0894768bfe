import { httpProcesses, kindOf, settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import type { Memory } from "../core/effects.ts";
import type { ServiceState } from "../core/state.ts";

/** The most that `auto` rolls at once: more gained nothing and cost latency. */
const autoLimit = 3;

/** Share of the free memory that a roll leaves alone. */
const memoryReserve = 0.1;

/** How many processes of the kind of process n roll together after the first, which goes alone. */
export async function parallelism(
  service: ServiceFile,
  state: ServiceState,
  memory: Memory,
  n = 1,
): Promise<number> {
  if (settingsOf(service, n).strategy === "in-place") return 1;
  if (service.parallel !== "auto") return service.parallel;
  const used = await Promise.all(
    Object.entries(state.serving).map(([n, { side }]) => memory.usedBytes({ n: Number(n), side })),
  );
  const largest = Math.max(0, ...used);
  if (largest === 0) return autoLimit;
  const free = (await memory.availableBytes()) * (1 - memoryReserve);
  return Math.max(1, Math.min(autoLimit, Math.floor(free / largest)));
}

/**
 * Whether the next process rolls alone though others serve already: the first one that answers
 * requests does, as a release may fail under real ones only.
 *
 * @param left processes to roll; the next one comes first.
 */
export function goesAlone(
  service: ServiceFile,
  { serving }: ServiceState,
  { environmentId }: { readonly environmentId: string },
  [next = 1]: readonly number[],
): boolean {
  const isThere = (n: number) => serving[n]?.environmentId === environmentId;
  return speaksHttp(service, next) && !httpProcesses(service).some(isThere);
}

/** The next processes to roll: one at first, then `parallel` of one kind at a time. */
export function nextBatch(
  service: ServiceFile,
  left: readonly number[],
  isFirst: boolean,
  parallel: number,
): number[] {
  const [first = 0] = left;
  const alike = left.filter((n) => kindOf(service, n) === kindOf(service, first));
  return alike.slice(0, isFirst ? 1 : parallel);
}

/** Numbers of the processes that do not serve the environment yet. */
export function processesLeft(
  service: ServiceFile,
  state: ServiceState,
  environmentId: string,
): number[] {
  return processNumbers(service).filter((n) => state.serving[n]?.environmentId !== environmentId);
}
