/** Attributes of whatever type, as Terraform has them in JSON. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * The applied values of those attributes that a stack sets: what Terraform would send to AWS. What the
 * provider computes besides is not ours to judge.
 *
 * @param written the resource as the stack has it, with references in place of values
 * @param applied the resource's values in the state
 */
export function configured(written: Values, applied: Values): Values {
  return Object.fromEntries(
    Object.keys(written)
      .filter((name) => !metaArguments.has(name) && !isEmpty(applied[name]))
      .map((name) => [name, values(written[name], applied[name])]),
  );
}

const metaArguments = new Set(["lifecycle", "depends_on", "provider", "count", "for_each", "//"]);

/** Sets come in another order than they were written, so all blocks of a name count together. */
function values(written: unknown, applied: unknown): unknown {
  const blocks = (Array.isArray(written) ? written : [written]).filter(isBlock);
  if (blocks.length === 0) return applied;
  const all = Object.assign({}, ...blocks) as Values;
  for (const name of Object.keys(all)) {
    const nested = blocks.flatMap((block) => block[name] ?? []);
    if (nested.some(isBlock)) Object.assign(all, { [name]: nested });
  }
  if (Array.isArray(applied)) {
    return applied.map((block) => (isBlock(block) ? configured(all, block) : block));
  }
  return isBlock(applied) ? configured(all, applied) : applied;
}

const isBlock = (it: unknown): it is Values =>
  typeof it === "object" && it !== null && !Array.isArray(it);

const isEmpty = (it: unknown) =>
  it === undefined || it === null || it === "" || (Array.isArray(it) && it.length === 0);
