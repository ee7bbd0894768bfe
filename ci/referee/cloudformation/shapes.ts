import type { Values } from "./configured.ts";

/** Why CloudFormation has no property for an argument. */
export const own = "how Terraform works, nothing of AWS's object";

/** Why CloudFormation has a property for an argument, and takes none for it. */
export const named = "CloudFormation makes the name";

/** Blocks, of which Terraform's state has a list and a stack may have one alone. */
export const list = (it: unknown): readonly Values[] =>
  it === undefined ? [] : ((Array.isArray(it) ? it : [it]) as readonly Values[]);
/** The one block of a list. */
export const first = (it: unknown): Values => list(it)[0] ?? {};
/** A map as a list of pairs. */
export const pairs = (map: unknown, key: string, value: string) =>
  Object.entries((map ?? {}) as Values).map(([name, it]) => ({ [key]: name, [value]: it }));
/** Values without those that nobody gave. */
export const given = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, it]) => it !== undefined));

/** Some arguments are attributes by name at AWS, each a pair of texts. */
export function asAttributes(
  values: Values,
  into: string,
  names: Readonly<Record<string, string>>,
) {
  const isOne = ([name]: [string, unknown]) => names[name] !== undefined;
  const all = Object.entries(values);
  return {
    ...Object.fromEntries(all.filter((it) => !isOne(it))),
    [into]: all.filter(isOne).map(([name, it]) => ({ key: names[name], value: String(it) })),
  };
}
