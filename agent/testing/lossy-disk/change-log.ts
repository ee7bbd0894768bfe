import { basename, dirname } from "node:path";
import { type At, type Change, fates, play } from "./changes.ts";
import { emptyTree, type Node, rootNode, type Tree } from "./tree.ts";

/** A step of the code: the changes that it made, or made durable. */
interface Step {
  readonly what: string;
  readonly changes: readonly Change[];
  /** Earlier changes that it made durable, as indexes into the list of all. */
  readonly synced: readonly number[];
}

/** The changes of a folder since a state that is durable, in the order in which they were made. */
export class ChangeLog {
  readonly nodes: Node[] = [{ kind: "folder", mode: 0o755 }];
  readonly #root: string;
  readonly #changes: Change[] = [];
  readonly #steps: Step[] = [];
  /**
   * Nodes below a removed entry, by the change that removed it: once that is synced, they are
   * unreachable.
   */
  readonly #removed = new Map<number, ReadonlySet<number>>();
  #before = emptyTree();

  constructor(root: string) {
    this.#root = root;
  }

  steps(): string[] {
    return this.#steps.map(({ what }) => what);
  }

  /** Makes the present state durable, and begins anew. */
  forget(): void {
    this.#before = this.#now();
    this.#changes.length = 0;
    this.#steps.length = 0;
    this.#removed.clear();
  }

  /** Every tree that a power cut after this many steps can leave. */
  treesAfter(count: number): Tree[] {
    const steps = this.#steps.slice(0, count);
    const changes = steps.flatMap((step) => step.changes);
    const synced = new Set(steps.flatMap((step) => step.synced));
    const open = changes.flatMap((_, i) => (synced.has(i) ? [] : [i]));
    return fates(open, changes).map((fate) => play(this.#before, changes, fate));
  }

  make(what: string, path: string, node: Node): void {
    this.#record(what, [this.#newEntry(path, node)]);
  }

  write(path: string, mode: number, text: Buffer): void {
    const found = this.#find(path);
    const made = found === undefined ? [this.#newEntry(path, { kind: "file", mode })] : [];
    const node = found ?? this.nodes.length - 1;
    this.#record(`write ${path}`, [...made, { act: "contents", node, text }]);
  }

  /** After the rename on the real disk. */
  rename(from: string, to: string): void {
    const node = this.#find(from) as number;
    const rename = { act: "rename", from: this.#at(from), to: this.#at(to), node } as const;
    this.#record(`rename ${from} ${to}`, [rename]);
  }

  /** Each entry by itself, the innermost first: any of them may be lost. */
  remove(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    const { entries } = this.#now();
    const gone = new Set([node]);
    const below = (folder: number): Change[] =>
      [...(entries.get(folder) ?? [])].flatMap(([name, child]) => {
        gone.add(child);
        return [...below(child), { act: "no entry", folder, name } as const];
      });
    this.#record(`remove ${path}`, [...below(node), { act: "no entry", ...this.#at(path) }]);
    this.#removed.set(this.#changes.length - 1, gone);
  }

  /** Makes a file's contents or a folder's entries durable, and with them what was removed. */
  sync(path: string): void {
    const node = this.#find(path);
    const synced = this.#indexesOf(
      (it) =>
        (it.act === "contents" && it.node === node) ||
        (it.act === "rename" && it.to.folder === node) ||
        ((it.act === "entry" || it.act === "no entry") && it.folder === node),
    );
    const gone = synced.flatMap((it) => [...(this.#removed.get(it) ?? [])]);
    const unreachable = this.#indexesOf((it) =>
      it.act === "rename"
        ? gone.includes(it.to.folder)
        : gone.includes(it.act === "contents" ? it.node : it.folder),
    );
    this.#record(`sync ${path}`, [], [...synced, ...unreachable]);
  }

  syncAll(): void {
    const all = this.#indexesOf(() => true);
    this.#record("sync all", [], all);
  }

  #record(what: string, changes: readonly Change[], synced: readonly number[] = []): void {
    this.#steps.push({ what: what.replaceAll(this.#root, ""), changes, synced });
    this.#changes.push(...changes);
  }

  #newEntry(path: string, node: Node): Change {
    this.nodes.push(node);
    return { act: "entry", ...this.#at(path), node: this.nodes.length - 1 };
  }

  #at(path: string): At {
    const folder = this.#find(dirname(path));
    if (folder === undefined) throw new Error(`the model knows no folder of ${path}`);
    return { folder, name: basename(path) };
  }

  #find(path: string): number | undefined {
    const { entries } = this.#now();
    const parts = path.slice(this.#root.length).split("/").filter(Boolean);
    return parts.reduce<number | undefined>(
      (node, name) => (node === undefined ? undefined : entries.get(node)?.get(name)),
      rootNode,
    );
  }

  #indexesOf(which: (change: Change) => boolean): number[] {
    return this.#changes.flatMap((change, i) => (which(change) ? [i] : []));
  }

  #now(): Tree {
    return play(this.#before, this.#changes);
  }
}
