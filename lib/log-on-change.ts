import { describe } from "./problem.ts";

/** Logs an error that repeats once, and again when another one came in between. */
export interface ErrorLog {
  (error: unknown): void;
  /** The trouble is over: the same error is news again. */
  clear(): void;
}

/** @param log gets an error, each time that its description differs from the one before. */
export function logOnChange(log: (description: string, error: unknown) => void): ErrorLog {
  let last: string | undefined;
  const write = (error: unknown) => {
    const text = describe(error);
    if (text !== last) log(text, error);
    last = text;
  };
  return Object.assign(write, {
    clear: () => {
      last = undefined;
    },
  });
}
