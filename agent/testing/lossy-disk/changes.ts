import type { Tree } from "./tree.ts";

/** One change, between nodes by their numbers: a rename of a folder changes no path in it. */
export type Change =
  | { readonly act: "entry"; readonly folder: number; readonly name: string; readonly node: number }
  | { readonly act: "no entry"; readonly folder: number; readonly name: string }
  | { readonly act: "rename"; readonly from: At; readonly to: At; readonly node: number }
  | { readonly act: "contents"; readonly node: number; readonly text: Buffer };

/** An entry of a folder. */
export interface At {
  readonly folder: number;
  readonly name: string;
}

/** What a power cut made of a change. */
export type Fate = "kept" | "lost" | "torn";

/** Up to this many changes are lost and kept in every combination; for more, see below. */
const allOf = 5;

/** The possible fates of changes that were not synced. @param open their indexes. */
export function fates(open: readonly number[], changes: readonly Change[]): Map<number, Fate>[] {
  const only = (these: readonly number[], fate: Fate, others: Fate) =>
    new Map(open.map((it) => [it, these.includes(it) ? fate : others]));
  const texts = open.filter((it) => changes[it]?.act === "contents");
  const torn = texts.map((it) => only([it], "torn", "kept"));
  if (open.length > allOf) {
    const each = open.flatMap((it) => [only([it], "lost", "kept"), only([it], "kept", "lost")]);
    return [only([], "lost", "lost"), only([], "kept", "kept"), ...each, ...torn];
  }
  const combinations = Array.from({ length: 2 ** open.length }, (_, bits) =>
    only(
      open.filter((_, i) => (bits >> i) & 1),
      "kept",
      "lost",
    ),
  );
  return [...combinations, ...torn];
}

/** The disk after these changes; a lost change, or one without its source, has no effect. */
export function play(
  before: Tree,
  changes: readonly Change[],
  fate: ReadonlyMap<number, Fate> = new Map(),
): Tree {
  const entries = new Map([...before.entries].map(([node, names]) => [node, new Map(names)]));
  const contents = new Map(before.contents);
  const namesIn = (folder: number) => {
    const names = entries.get(folder) ?? new Map<string, number>();
    entries.set(folder, names);
    return names;
  };
  changes.forEach((change, i) => {
    const what = fate.get(i) ?? "kept";
    if (what === "lost") return;
    if (change.act === "contents") {
      const { text } = change;
      contents.set(change.node, what === "torn" ? text.subarray(0, text.length / 2) : text);
    } else if (change.act === "entry") namesIn(change.folder).set(change.name, change.node);
    else if (change.act === "no entry") namesIn(change.folder).delete(change.name);
    else {
      // Both sides are one change, even if the entry that it moves was never kept by itself.
      if (namesIn(change.from.folder).get(change.from.name) === change.node)
        namesIn(change.from.folder).delete(change.from.name);
      namesIn(change.to.folder).set(change.to.name, change.node);
    }
  });
  return { entries, contents };
}
