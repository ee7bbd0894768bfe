import { type Change, type Kind, kinds } from "./changes.ts";

const words: Readonly<Record<Kind, string>> = {
  destroy: "to destroy",
  replace: "to replace",
  forget: "to forget",
  create: "to create",
  update: "to update",
  import: "to import",
  move: "to move",
  output: "of outputs",
};

/** "1 to destroy, 2 to create"; what takes something away comes first. */
export function summary(changes: readonly Change[]): string {
  const counts = kinds.flatMap((kind) => {
    const count = changes.filter((it) => it.kind === kind).length;
    return count === 0 ? [] : [`${count} ${words[kind]}`];
  });
  return counts.length === 0 ? "no change" : counts.join(", ");
}
