/** `make readmes`: writes the tables of `docs/rights.md`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTables } from "./page.ts";

const page = join(import.meta.dirname, "../../docs/rights.md");
const text = readFileSync(page, "utf8");
const wanted = withTables(text);
if (wanted !== text) {
  writeFileSync(page, wanted);
  console.log("wrote docs/rights.md");
}
