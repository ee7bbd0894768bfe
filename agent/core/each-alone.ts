import { describe } from "../../lib/problem.ts";
import type { Log } from "./effects.ts";

/** What became of each item: what was made of it, and the names of those of which nothing was. */
export interface Apart<Value> {
  readonly made: readonly Value[];
  readonly failed: readonly string[];
}

/** Makes something of each of this instance's services; trouble with one is said, and stays its own. */
export async function eachAlone<Item, Value>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  make: (item: Item) => Promise<Value>,
  log: Log,
): Promise<Apart<Value>> {
  const made: Value[] = [];
  const failed: string[] = [];
  for (const item of items) {
    const name = nameOf(item);
    await make(item).then(
      (value) => made.push(value),
      (error: unknown) => {
        failed.push(name);
        log("service.unusable", { service: name, error: describe(error) });
      },
    );
  }
  return { made, failed };
}
