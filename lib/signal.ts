/** A flag that is given at any time, also while nothing waits for it, until it is taken. */
export interface Signal {
  give(): void;
  take(): void;
  /** Resolves when it is given; at once if it already is. */
  given(): Promise<void>;
}

export function signal(): Signal {
  let isGiven = false;
  let wake = () => {};
  return {
    give() {
      isGiven = true;
      wake();
    },
    take() {
      isGiven = false;
    },
    given: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (isGiven) resolve();
      }),
  };
}
