/** The first start of `make bench` alone: `npx tsx bench/first-start/main.ts 20` for 20 restarts. */
import { join } from "node:path";
import { checkout } from "../../local/host/region.ts";
import { down, regionAt } from "../../local/region/index.ts";
import { firstStart, firstStartLine } from "./first-start.ts";

const region = regionAt(join(checkout, ".local-bench"));
process.env.SHOESTRING_REGION = region.directory;
try {
  const result = await firstStart(region, Number(process.argv[2] ?? 100), console.log);
  console.log(firstStartLine(result));
} finally {
  await down(region);
}
