/**
 * Prepares this machine, the programs and the image before the tests. So no test waits for a build,
 * and missing packages are named here.
 */

import { ensureActionlint } from "../tools/actionlint.ts";
import { ensurePacker } from "../tools/packer.ts";
import { ensureCheckov, ensureReferee, ensureZizmor } from "../tools/python.ts";
import { ensurePrerequisites } from "./host/prerequisites.ts";
import { regionAt } from "./host/region.ts";
import { supplies } from "./region/supplies.ts";

const log = (line: string) => console.log(line);
const from = supplies(regionAt(), log);
await ensurePrerequisites({ install: true, forTests: true, log });
await Promise.all([from.consul(), from.moto(), from.layers(), from.terraform()]);
await Promise.all([ensureActionlint(log), ensureZizmor(log), ensureReferee(log)]);
// Their tests are skipped without them, with the reason.
for (const ensure of [ensureCheckov, ensurePacker]) {
  await ensure(log).catch((error: unknown) => log(String(error)));
}
