/** The state to wait for: everything serves, or the rollout is done and its watch is over. */
export type WaitFor = "serving" | "done";

const isWaitFor = (word: string | undefined): word is WaitFor =>
  word === "serving" || word === "done";

/** A command line without the value of its `--wait`. */
export interface SplitWait {
  readonly argv: readonly string[];
  readonly waitFor: WaitFor | undefined;
  /**
   * Whether the value was a separate word, which may have been meant as the command's: in
   * `restart --wait serving` it may be a service.
   */
  readonly isWord: boolean;
}

/**
 * Takes the value of `--wait serving` or `--wait=serving` out of a command line: the parser does
 * not support options with an optional value. Any other word after `--wait` stays the command's: in
 * `restart --wait web`, `web` is the service.
 */
export function splitWait(argv: readonly string[]): SplitWait {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const at = argv.findIndex((word, i) => i < end && /^--wait(=|$)/.test(word));
  const [option = "", value] = argv[at]?.split("=", 2) ?? [];
  if (isWaitFor(value)) return { argv: argv.with(at, option), waitFor: value, isWord: false };
  const next = argv[at + 1];
  const isValue = value === undefined && at >= 0 && at + 1 < end && isWaitFor(next);
  if (!isValue) return { argv, waitFor: undefined, isWord: false };
  return { argv: argv.toSpliced(at + 1, 1), waitFor: next, isWord: true };
}
