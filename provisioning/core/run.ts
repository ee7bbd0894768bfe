import { Problem } from "../../lib/problem.ts";
import type { Effects } from "./effects.ts";

/** What a command that fails leaves behind. */
export interface Expectation {
  /** Exit codes that are no failure. @default only 0 */
  readonly good?: readonly number[];
  /** The command of Shoestring that goes on where this one failed. */
  readonly again: string;
}

/**
 * Prints a plain command, as a person would type it in the checkout, and runs exactly that.
 *
 * @returns its exit code.
 * @throws Problem for a code that is not good.
 */
export async function run(
  on: Effects,
  command: string,
  { good = [0], again }: Expectation,
): Promise<number> {
  on.say(`$ ${command}`);
  const code = await on.shell(command);
  if (good.includes(code)) return code;
  throw new Problem({
    happened: `"${command}" ended with ${code}`,
    unchanged: "what the commands above have done stays; nothing is done twice",
    next: `correct what it says, then go on with: ${again}`,
  });
}
