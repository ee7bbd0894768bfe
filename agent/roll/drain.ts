import { backoff } from "../../lib/backoff.ts";
import { settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import { workerPort } from "../../protocol/service-file.ts";
import type { Place } from "../core/effects.ts";
import type { Ending } from "./context.ts";

/** Each count starts a program: at first soon, for quick requests, then less and less often. */
const countWaits = { shortestMs: 20, longestMs: 200 };

/**
 * Waits until no connection to a process is left, at most `drainTimeout`. The stop cuts those that
 * are left then (websockets, endless answers); they are counted.
 */
export async function drain(context: Ending, place: Place): Promise<void> {
  const { service, connections, clock, log } = context;
  if (!speaksHttp(service, place.n)) return;
  const { drainTimeoutSeconds } = settingsOf(service, place.n);
  const port = workerPort(service, place.n, place.side);
  const deadline = clock.monotonicMs() + drainTimeoutSeconds * 1000;
  const again = backoff(countWaits, () => 0);
  for (;;) {
    const left = await connections.count(port);
    if (left === 0) return;
    if (clock.monotonicMs() >= deadline) {
      log("drain.cut", { service: service.service, process: place.n, connections: left });
      context.countConnectionsCut(left);
      return;
    }
    await clock.sleep(again.nextMs());
  }
}
