/** A flag that is set at any time, also while nothing waits for it, until it is cleared. */
export interface Signal {
  set(): void;
  clear(): void;
  /** Resolves when it is set; at once if it already is. */
  wait(): Promise<void>;
}

export function signal(): Signal {
  let isSet = false;
  let wake = () => {};
  return {
    set() {
      isSet = true;
      wake();
    },
    clear() {
      isSet = false;
    },
    wait: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (isSet) resolve();
      }),
  };
}
