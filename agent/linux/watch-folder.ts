import { watch } from "node:fs";
import type { Clock } from "../core/effects.ts";

/** Interval of looks at the folder without a change announced by the kernel. */
const everyMs = 30_000;

/**
 * Looks at a folder now, and after each change that the kernel announces, so an idle instance costs
 * nothing. Never resolves.
 */
export async function watchFolder(
  folder: string,
  look: () => Promise<void>,
  deps: { readonly clock: Clock; readonly unread: (error: unknown) => void },
): Promise<never> {
  const { clock, unread } = deps;
  for (;;) {
    const failed = new Promise<void>((resolve) => {
      try {
        const watcher = watch(folder, () => void look().catch(() => resolve()));
        watcher.on("error", () => resolve());
        void clock.sleep(everyMs).then(() => {
          watcher.close();
          resolve();
        });
      } catch {
        void clock.sleep(everyMs).then(resolve);
      }
    });
    await look().catch(unread);
    await failed;
  }
}
