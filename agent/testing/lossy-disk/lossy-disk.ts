import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "../../linux/files.ts";
import { ChangeLog } from "./change-log.ts";
import { recordedFiles } from "./recorded-files.ts";
import { print, restore, rootNode, type Tree } from "./tree.ts";

/*
 * Models a disk that loses, at a power cut, any of the changes that were not synced. Each change is
 * lost or kept independently, in no order: a file's contents until the file is synced (lost: the
 * file is empty; torn: half of it is there), an entry of a folder until the folder is synced, a
 * rename as one change until its target folder is synced. `syncAll`, like `sync -f`, keeps
 * everything so far. Nothing is lost twice: changes that survived a cut are on the disk. File
 * systems keep more order than that; a half-done rename, a damaged sector and a disk that lies
 * about its sync are not modelled.
 */

export const lossyDisk = (real: Files, root: string) => new LossyDisk(real, root);

/** Records the real code's changes to `root` on the real disk, and replays them with losses. */
class LossyDisk {
  readonly files: Files;
  readonly #root: string;
  readonly #log: ChangeLog;
  /** Disks that were already returned. */
  readonly #seen = new Set<string>();

  constructor(real: Files, root: string) {
    this.#root = root;
    this.#log = new ChangeLog(root);
    this.files = recordedFiles(real, this.#log);
  }

  /** An arrow, because it is passed on by itself. */
  readonly syncAll = async (): Promise<void> => this.#log.syncAll();

  /** Makes the disk's present state durable, and begins to record. */
  forgetChanges(): void {
    this.#log.forget();
  }

  steps(): string[] {
    return this.#log.steps();
  }

  /** Every disk that a cut after this many steps can leave, except those of an earlier call. */
  after(count: number): Tree[] {
    return this.#log.treesAfter(count).filter((tree) => {
      const text = print(tree, this.#log.nodes);
      return !this.#seen.has(text) && this.#seen.add(text);
    });
  }

  /** Replaces the contents of the real disk with a tree. */
  restore(tree: Tree): void {
    for (const name of readdirSync(this.#root)) rmSync(join(this.#root, name), { recursive: true });
    restore(tree, this.#log.nodes, rootNode, this.#root);
  }
}
