import { describe } from "../../lib/problem.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { ReportLargeState } from "./large-state.ts";

const everyMs = 600_000;

interface StateSizeContext {
  readonly services: readonly Pick<ServiceFile, "service" | "state">[];
  /** Size of a service's state folder, in MiB. */
  readonly measureMib: (service: string) => Promise<number>;
  readonly report: ReportLargeState;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Logs when the state folder of a service grows larger than its cluster file says, and when it fits
 * again. While it is too large, the fleet is told at each look.
 */
export async function watchStateSize(deps: StateSizeContext): Promise<void> {
  const { services, measureMib, report, clock, log } = deps;
  const large = new Set<string>();
  const look = async (service: string, maxMib: number) => {
    const mib = await measureMib(service);
    const isLarge = mib > maxMib;
    const wasLarge = large.has(service);
    if (isLarge) large.add(service);
    if (isLarge !== wasLarge) log(isLarge ? "state.large" : "state.fits", { service, mib, maxMib });
    if (isLarge || wasLarge) await report(service, isLarge ? { mib, maxMib } : undefined);
    if (!isLarge) large.delete(service);
  };
  const limited = services.flatMap(({ service, state }) => (state ? [{ service, ...state }] : []));
  if (limited.length === 0) return;
  for (;;) {
    for (const { service, maxMib } of limited) {
      await look(service, maxMib).catch((error) =>
        log("state.unmeasured", { service, error: describe(error) }),
      );
    }
    await clock.sleep(everyMs);
  }
}
