import {
  type Blocks,
  filesIn,
  isSame,
  type StackConfig,
  type StackContents,
} from "./stack-contents.ts";

/** The difference that a change of the code makes to a stack's JSON. Needs no credentials. */
export interface ChangedStack {
  readonly stack: string;
  readonly how: "added" | "changed" | "removed";
  /** Addresses whose arguments differ, like `aws_vpc.network` and `data.aws_iam_policy_document.x`. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Other parts that differ, like `provider` and `terraform`. */
  readonly parts: readonly string[];
}

type Stacks = ReadonlyMap<string, StackContents>;

/** The stacks that differ between two synths, by name. */
export function compareStacks(base: Stacks, head: Stacks): ChangedStack[] {
  const names = [...new Set([...base.keys(), ...head.keys()])].sort();
  return names.flatMap((stack) => {
    const [before, after] = [base.get(stack), head.get(stack)];
    if (before && after && isSame(before, after)) return [];
    const how = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    return [{ stack, how, ...difference(before ?? nothing, after ?? nothing) }];
  });
}

const nothing: StackContents = { config: {}, files: {} };

function difference(before: StackContents, after: StackContents) {
  const [old, fresh] = [addresses(before.config), addresses(after.config)];
  const isTouched = (address: string) => {
    const now = fresh.get(address);
    return (
      !isSame(old.get(address), now) ||
      filesIn(now).some((path) => before.files[path] !== after.files[path])
    );
  };
  const parts = new Set([...Object.keys(before.config), ...Object.keys(after.config)]);
  return {
    added: [...fresh.keys()].filter((it) => !old.has(it)).sort(),
    changed: [...fresh.keys()].filter((it) => old.has(it) && isTouched(it)).sort(),
    removed: [...old.keys()].filter((it) => !fresh.has(it)).sort(),
    parts: [...parts]
      .filter((part) => part !== "resource" && part !== "data")
      .filter((part) => !isSame(before.config[part], after.config[part]))
      .sort(),
  };
}

function addresses({ resource = {}, data = {} }: StackConfig): Map<string, unknown> {
  return new Map([...named(resource, ""), ...named(data, "data.")]);
}

const named = (blocks: Blocks, prefix: string) =>
  Object.entries(blocks).flatMap(([type, all]) =>
    Object.entries(all).map(([name, it]) => [`${prefix}${type}.${name}`, it] as const),
  );
