import { Token } from "cdktf";
import type { Construct } from "constructs";
import { Problem } from "../../lib/problem.ts";

/** A rule for a prop: its value, whether it is valid, and an example of a good one. */
export interface PropRule {
  readonly prop: string;
  readonly value: unknown;
  readonly holds: (value: never) => boolean;
  /** A good value in words, with an example: `a whole number from 1 to 16, like 4`. */
  readonly example: string;
}

/** A rule that keeps the type of its value. A token, known only at apply, always passes. */
export function rule<T>(
  prop: string,
  value: T,
  example: string,
  holds: (value: T) => boolean,
): PropRule {
  return { prop, value, example, holds: (it: never) => Token.isUnresolved(it) || holds(it) };
}

/**
 * Checks a construct's props, all at once.
 *
 * @throws Problem that names the construct, and every wrong prop with its value and a good one.
 */
export function check(construct: Construct, rules: readonly PropRule[]): void {
  const broken = rules.filter(({ value, holds }) => !holds(value as never));
  if (broken.length === 0) return;
  const lines = broken.map(
    ({ prop, value, example }) => `${prop} is ${JSON.stringify(value)}; good: ${example}`,
  );
  throw new Problem({
    happened: `${construct.node.path}: ${lines.join("; ")}`,
    unchanged: "nothing was synthesised",
    next: "correct it in the cluster file, or where this construct is made",
  });
}
