import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { constructs } from "./constructs.ts";
import { withTables } from "./page.ts";
import { checkout, modules } from "./repository.ts";
import { ownTypes } from "./types.ts";

const documented = modules().filter(({ hasIndex }) => hasIndex);
const program = ownTypes(documented.map(({ index }) => index));
for (const { index, readme, page } of documented) {
  const found = constructs(program, index);
  const wanted = withTables(page, found);
  if (wanted !== page) {
    writeFileSync(readme, wanted);
    console.log(`wrote ${relative(checkout, readme)}`);
  }
  for (const fault of found.flatMap(({ faults }) => faults)) {
    console.error(fault);
    process.exitCode = 1;
  }
}
