import { describe } from "../../lib/problem.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log } from "../core/effects.ts";

const everyMs = 600_000;

interface StateSizeContext {
  readonly services: readonly Pick<ServiceFile, "service" | "state">[];
  /** Size of a service's state folder, in MiB. */
  readonly measureMib: (service: string) => Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Logs when the state folder of a service grows larger than its cluster file says, and when it fits again. */
export async function watchStateSize(deps: StateSizeContext): Promise<void> {
  const { services, measureMib, clock, log } = deps;
  const large = new Set<string>();
  const look = async (service: string, maxMib: number) => {
    const mib = await measureMib(service);
    const isLarge = mib > maxMib;
    if (isLarge === large.has(service)) return;
    if (isLarge) large.add(service);
    else large.delete(service);
    log(isLarge ? "state.large" : "state.fits", { service, mib, maxMib });
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
