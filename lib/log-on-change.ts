import { describe } from "./problem.ts";

/** Logs an error that repeats once, and again when another one came in between. */
export interface ErrorLog {
  (error: unknown): void;
  /** The trouble is over: the same error is news again. */
  clear(): void;
}

/** @param log gets the error's description, each time that it differs from the one before. */
export function logOnChange(log: (error: string) => void): ErrorLog {
  let last: string | undefined;
  const write = (error: unknown) => {
    const text = describe(error);
    if (text !== last) log(text);
    last = text;
  };
  return Object.assign(write, {
    clear: () => {
      last = undefined;
    },
  });
}
