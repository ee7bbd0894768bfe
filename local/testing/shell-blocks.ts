import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../region/region.ts";

/** The commands of a page's `sh` blocks, one a line, without their comments. */
export function shellCommands(page: string): string[] {
  const text = readFileSync(join(checkout, page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block]) => (block as string).split("\n"))
    .map((line) => line.replace(/\s+# .*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
