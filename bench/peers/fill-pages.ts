/** `npx tsx bench/peers/fill-pages.ts` writes the figures of out/bench-peers.json to the pages. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../local/host/region.ts";
import { fill, places } from "./pages.ts";
import type { Measured } from "./run.ts";

const file = join(checkout, "out", "bench-peers.json");
const measured = JSON.parse(readFileSync(file, "utf8")) as Measured;
for (const { page, name, text } of places) {
  const path = join(checkout, page);
  const figures = text(measured);
  if (figures === undefined) {
    console.log(`${page}, ${name}: left as it was; the run has not all of it`);
    continue;
  }
  writeFileSync(path, fill(readFileSync(path, "utf8"), name, figures));
  console.log(`${page}, ${name}: filled`);
}
