import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Files } from "../linux/files.ts";

/*
 * Models a disk that loses, at a power cut, any of the changes that were not synced. Each change is
 * lost or kept independently, in no order: a file's contents until the file is synced (lost: the
 * file is empty; torn: half of it is there), an entry of a folder until the folder is synced, a
 * rename as one change until its target folder is synced. `syncAll`, like `sync -f`, keeps
 * everything so far. Nothing is lost twice: changes that survived a cut are on the disk. File
 * systems keep more order than that; a half-done rename, a damaged sector and a disk that lies
 * about its sync are not modelled.
 */

/** A folder, a file or a link; entries of folders lead to them. */
interface Node {
  readonly kind: "folder" | "file" | "link";
  readonly mode: number;
  /** The target of a link. */
  readonly target?: string;
}

/** One change, between nodes by their numbers: a rename of a folder changes no path in it. */
type Change =
  | { readonly act: "entry"; readonly folder: number; readonly name: string; readonly node: number }
  | { readonly act: "no entry"; readonly folder: number; readonly name: string }
  | { readonly act: "rename"; readonly from: At; readonly to: At; readonly node: number }
  | { readonly act: "contents"; readonly node: number; readonly text: Buffer };

interface At {
  readonly folder: number;
  readonly name: string;
}

type Fate = "kept" | "lost" | "torn";

/** A step of the code: the changes that it made, or made durable. */
interface Recorded {
  readonly what: string;
  readonly changes: readonly Change[];
  /** Earlier changes that it made durable, as indexes into the list of all. */
  readonly synced: readonly number[];
}

const rootNode = 0;

/** Records the real code's changes to `root` on the real disk, and replays them with losses. */
export function lossyDisk(real: Files, root: string) {
  const nodes: Node[] = [{ kind: "folder", mode: 0o755 }];
  const changes: Change[] = [];
  const steps: Recorded[] = [];
  /**
   * Nodes below a removed entry, by the change that removed it: once that is synced, they are
   * unreachable.
   */
  const removed = new Map<number, ReadonlySet<number>>();
  /** Disks that were already returned. */
  const seen = new Set<string>();
  let before: Tree = { entries: new Map([[rootNode, new Map()]]), contents: new Map() };

  const now = () => play(before, changes);
  const find = (path: string): number | undefined => {
    const { entries } = now();
    const parts = path.slice(root.length).split("/").filter(Boolean);
    return parts.reduce<number | undefined>(
      (node, name) => (node === undefined ? undefined : entries.get(node)?.get(name)),
      rootNode,
    );
  };
  const at = (path: string): At => {
    const folder = find(dirname(path));
    if (folder === undefined) throw new Error(`the model knows no folder of ${path}`);
    return { folder, name: path.slice(dirname(path).length + 1) };
  };
  const record = (what: string, made: readonly Change[], synced: readonly number[] = []) => {
    steps.push({ what: what.replaceAll(root, ""), changes: made, synced });
    changes.push(...made);
  };
  const make = (path: string, node: Node): Change[] => {
    nodes.push(node);
    return [{ act: "entry", ...at(path), node: nodes.length - 1 }];
  };
  const places = (which: (change: Change) => boolean) =>
    changes.flatMap((change, i) => (which(change) ? [i] : []));
  const syncNode = (path: string) => {
    const node = find(path);
    const synced = places(
      (it) =>
        (it.act === "contents" && it.node === node) ||
        (it.act === "rename" && it.to.folder === node) ||
        ((it.act === "entry" || it.act === "no entry") && it.folder === node),
    );
    const gone = synced.flatMap((it) => [...(removed.get(it) ?? [])]);
    const unreachable = places((it) =>
      it.act === "rename"
        ? gone.includes(it.to.folder)
        : gone.includes(it.act === "contents" ? it.node : it.folder),
    );
    record(`sync ${path}`, [], [...synced, ...unreachable]);
  };

  const files: Files = {
    async makeFolder(path, mode) {
      const made = await real.makeFolder(path, mode);
      if (made) record(`make ${path}`, make(path, { kind: "folder", mode }));
      return made;
    },
    async write(path, content, mode, how) {
      const text = typeof content === "string" ? Buffer.from(content) : await buffer(content);
      await real.write(path, Readable.from([text]), mode, how);
      const there = find(path);
      const made = there === undefined ? make(path, { kind: "file", mode }) : [];
      record(`write ${path}`, [
        ...made,
        { act: "contents", node: there ?? nodes.length - 1, text },
      ]);
      if (how === "synced") syncNode(path);
    },
    async link(target, path) {
      await real.link(target, path);
      record(`link ${path}`, make(path, { kind: "link", mode: 0o777, target }));
    },
    async rename(from, to) {
      await real.rename(from, to);
      const node = find(from) as number;
      record(`rename ${from} ${to}`, [{ act: "rename", from: at(from), to: at(to), node }]);
    },
    async remove(path) {
      await real.remove(path);
      const node = find(path);
      if (node === undefined) return;
      // Each entry by itself, the innermost first: any of them may be lost.
      const { entries } = now();
      const gone = new Set([node]);
      const below = (folder: number): Change[] =>
        [...(entries.get(folder) ?? [])].flatMap(([name, child]) => {
          gone.add(child);
          return [...below(child), { act: "no entry", folder, name } as const];
        });
      record(`remove ${path}`, [...below(node), { act: "no entry", ...at(path) }]);
      removed.set(changes.length - 1, gone);
    },
    async sync(path) {
      await real.sync(path);
      syncNode(path);
    },
  };

  return {
    files,
    syncAll: async () =>
      record(
        "sync all",
        [],
        places(() => true),
      ),
    /** Makes the disk's present state durable, and begins to record. */
    forgetChanges() {
      before = now();
      changes.length = 0;
      steps.length = 0;
      removed.clear();
    },
    steps: () => steps.map(({ what }) => what),
    /** Every disk that a cut after this many steps can leave, except those of an earlier call. */
    after(count: number): Tree[] {
      const made = steps.slice(0, count).flatMap((step) => step.changes);
      const synced = new Set(steps.slice(0, count).flatMap((step) => step.synced));
      const open = made.flatMap((_, i) => (synced.has(i) ? [] : [i]));
      const trees = fates(open, made).map((fate) => play(before, made, fate));
      return trees.filter((tree) => {
        const text = print(tree, nodes);
        return !seen.has(text) && seen.add(text);
      });
    },
    /** Replaces the contents of the real disk with a tree. */
    restore(tree: Tree): void {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
      restore(tree, nodes, rootNode, root);
    },
  };
}

interface Tree {
  readonly entries: Map<number, Map<string, number>>;
  readonly contents: Map<number, Buffer>;
}

/** Up to this many changes are lost and kept in every combination; for more, see below. */
const allOf = 5;

/** The possible fates of changes that were not synced. */
function fates(open: readonly number[], changes: readonly Change[]): Map<number, Fate>[] {
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
function play(
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

function print(tree: Tree, nodes: readonly Node[], node = rootNode): string {
  const { kind, target } = nodes[node] as Node;
  if (kind === "link") return `->${target}`;
  if (kind === "file") return `"${tree.contents.get(node)?.toString("latin1") ?? ""}"`;
  const names = [...(tree.entries.get(node) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${names.map(([name, child]) => `${name}:${print(tree, nodes, child)}`).join()}}`;
}

function restore(tree: Tree, nodes: readonly Node[], folder: number, to: string): void {
  for (const [name, node] of tree.entries.get(folder) ?? []) {
    const { kind, mode, target = "" } = nodes[node] as Node;
    const path = join(to, name);
    if (kind === "file") writeFileSync(path, tree.contents.get(node) ?? "", { mode });
    else if (kind === "link") symlinkSync(target, path);
    else {
      mkdirSync(path, { mode });
      restore(tree, nodes, node, path);
    }
  }
}
