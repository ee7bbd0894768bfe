/**
 * Before the tests: what this machine must have, the programs and the image. A test then never
 * waits for a build, and what is missing is said here, by name.
 */

import { ensureActionlint } from "../tools/actionlint.ts";
import { ensureCheckov, ensureZizmor } from "../tools/python.ts";
import { ensurePrerequisites } from "./host/prerequisites.ts";
import { regionAt } from "./host/region.ts";
import { supplies } from "./region/supplies.ts";

const log = (line: string) => console.log(line);
const from = supplies(regionAt(), log);
await ensurePrerequisites({ install: true, forTests: true, log });
await Promise.all([from.consul(), from.moto(), from.layers(), from.terraform()]);
await Promise.all([ensureActionlint(log), ensureZizmor(log)]);
// Its test says what is missing, and goes on without.
await ensureCheckov(log).catch((error: unknown) => log(String(error)));
