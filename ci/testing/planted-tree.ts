import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkout } from "../../local/host/region.ts";

/**
 * Makes a small tree to lint: files of the project as they are, and planted ones. The caller removes
 * it.
 *
 * @param planted texts by path.
 */
export function plantedTree(
  copied: readonly string[],
  planted: Readonly<Record<string, string>>,
): string {
  const tree = mkdtempSync(join(tmpdir(), "shoestring-planted-"));
  for (const name of copied) cpSync(join(checkout, name), join(tree, name));
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return tree;
}
