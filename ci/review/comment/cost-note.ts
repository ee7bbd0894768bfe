import { costChange } from "../../cost/change.ts";
import { grouped } from "../../cost/clusters.ts";
import { type Estimate, priced } from "../../cost/estimate.ts";
import { inventoryOf } from "../../cost/inventory.ts";
import type { StackContents } from "../plan/stack-contents.ts";

type Stacks = ReadonlyMap<string, StackContents>;

/** The effect of a change on the bill, by cluster; clusters without an effect are left out. */
export function costNote(base: Stacks, head: Stacks): string[] {
  const [before, after] = [bills(base), bills(head)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const lines = costChange(before.get(name) ?? none, after.get(name) ?? none);
    // A single line says that nothing changes.
    return lines.length === 1 ? [] : lines.map((line) => `${name}: ${line}`);
  });
}

const none: Estimate = { lines: [], monthlyUsd: 0 };

const bills = (stacks: Stacks) =>
  new Map(
    grouped(new Map([...stacks].map(([name, { config }]) => [name, config]))).map((group) => [
      group.name,
      priced(inventoryOf(group.stacks).items),
    ]),
  );
