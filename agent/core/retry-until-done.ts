import type { Clock } from "./effects.ts";

/** Between two tries where Consul or systemd do not answer. */
export const retryMs = 2000;

/**
 * Tries until it is done: Consul or systemd may be away.
 *
 * @param failed gets the error of each try; what it throws ends the tries.
 */
export async function retryUntilDone<T>(
  clock: Pick<Clock, "sleep">,
  act: () => Promise<T>,
  failed: (error: unknown) => void,
): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      failed(error);
      await clock.sleep(retryMs);
    }
  }
}
