import type { Condition } from "./document.ts";
import type { Patterns } from "./patterns.ts";

/** What AWS knows of a request beside its action and resource, by the condition key's name. */
export type Context = Readonly<Record<string, string>>;

const isOneOf = ({ texts }: Patterns, has: string) => texts.includes(has);
const isLike = ({ matches }: Patterns, has: string) => matches(has);

/** `IfExists`, the negated and the set operators are not here: no policy uses them. */
const comparisons: Readonly<Record<string, (values: Patterns, has: string) => boolean>> = {
  StringEquals: isOneOf,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
  Bool: isOneOf,
};

/**
 * Whether a condition holds. A key that the request lacks fulfils none but `Null`.
 *
 * @throws Error for an operator that the simulator does not know.
 */
export function holds({ operator, key, values }: Condition, context: Context): boolean {
  const has = contextValue(context, key);
  if (operator === "Null") return values.texts.includes(String(has === undefined));
  const compare = comparisons[operator];
  if (compare === undefined) throw new Error(`the operator ${operator} is not simulated`);
  return has !== undefined && compare(values, has);
}

/** Names of keys are compared without their case. */
function contextValue(context: Context, key: string): string | undefined {
  const name = Object.keys(context).find((it) => it.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : context[name];
}
