/** The push scenario of `make bench` alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local } from "../../clusters/local.ts";
import { shoestring } from "../../local/demo/shoestring.ts";
import { checkout } from "../../local/host/region.ts";
import { down, regionAt, up } from "../../local/region/index.ts";
import { makeRelease } from "../../local/web/release.ts";
import { pushBench, pushLines } from "./push.ts";

const region = regionAt(join(checkout, ".local-bench"));
process.env.SHOESTRING_REGION = region.directory;
const folder = mkdtempSync(join(tmpdir(), "shoestring-bench-push-"));
try {
  const file = await up(region, { cluster: local, log: console.log });
  makeRelease(folder);
  await shoestring("release", "push", folder, "--service", "web", "--wait");
  for (const line of pushLines(await pushBench(region, local, file))) console.log(line);
} finally {
  rmSync(folder, { recursive: true });
  await down(region);
}
