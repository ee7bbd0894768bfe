import { describe } from "../../lib/problem.ts";
import type { Log } from "./effects.ts";

/** The values that were made, and the names of the items that failed. */
export interface Apart<Value> {
  readonly made: readonly Value[];
  readonly failed: readonly string[];
}

/** Makes a value from each service of the instance. One that fails is logged; the others go on. */
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
