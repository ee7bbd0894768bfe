/** Work that goes on behind whoever starts it. */
export interface BackgroundWorker {
  /** Begins to work, unless it is working already. Never throws and never waits. */
  start(): void;
  /** Resolves when nothing is being worked on. */
  settled(): Promise<void>;
}

/**
 * Works in the background, one run at a time: what is added during a run is taken by that run, or by one
 * that follows it.
 *
 * @param work takes what there is until there is no more. It must not reject.
 * @param hasWork says after a run whether something was added that it did not take.
 */
export function backgroundWorker(
  work: () => Promise<void>,
  hasWork: () => boolean,
): BackgroundWorker {
  let running: Promise<void> | undefined;
  const start = () => {
    running ??= work().finally(() => {
      running = undefined;
      if (hasWork()) start();
    });
  };
  return { start, settled: async () => running };
}
