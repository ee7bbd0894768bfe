/** Returned by `orAborted` when the signal aborts first. */
export const aborted = Symbol("aborted");

/** Resolves as the promise does, or with `aborted` when the signal aborts first. */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | typeof aborted> {
  let release = () => {};
  const end = new Promise<typeof aborted>((resolve) => {
    const stop = () => resolve(aborted);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    release = () => signal.removeEventListener("abort", stop);
  });
  try {
    return await Promise.race([end, promise]);
  } finally {
    release();
  }
}

/** Resolves when the signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
