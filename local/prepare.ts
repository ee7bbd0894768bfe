/**
 * Before the tests: what this machine must have, the programs and the image. A test then never
 * waits for a build, and what is missing is said here, by name.
 */
import { regionAt } from "./region/region.ts";
import { supplies } from "./region/supplies.ts";
import { ensureCheckov } from "./tools/python.ts";

const log = (line: string) => console.log(line);
const from = supplies(regionAt(), log);
await from.prerequisites(true);
await Promise.all([from.consul(), from.moto(), from.layers(), from.terraform()]);
// Its test says what is missing, and goes on without.
await ensureCheckov(log).catch((error: unknown) => log(String(error)));
