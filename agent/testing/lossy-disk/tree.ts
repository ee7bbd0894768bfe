import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder, a file or a link; entries of folders lead to them. */
export interface Node {
  readonly kind: "folder" | "file" | "link";
  readonly mode: number;
  /** The target of a link. */
  readonly target?: string;
}

/** What is on a disk: nodes by their numbers, so that a rename of a folder changes nothing in it. */
export interface Tree {
  readonly entries: Map<number, Map<string, number>>;
  readonly contents: Map<number, Buffer>;
}

export const rootNode = 0;

export const emptyTree = (): Tree => ({
  entries: new Map([[rootNode, new Map()]]),
  contents: new Map(),
});

/** A tree as text, the same for the same files whatever their numbers are. */
export function print(tree: Tree, nodes: readonly Node[], node = rootNode): string {
  const { kind, target } = nodes[node] as Node;
  if (kind === "link") return `->${target}`;
  if (kind === "file") return `"${tree.contents.get(node)?.toString("latin1") ?? ""}"`;
  const names = [...(tree.entries.get(node) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${names.map(([name, child]) => `${name}:${print(tree, nodes, child)}`).join()}}`;
}

/** Writes a folder of a tree to a real one, which is empty. */
export function restore(tree: Tree, nodes: readonly Node[], folder: number, to: string): void {
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
