/**
 * The local region as a library: what `shoestring local` runs, and what the demo, the benchmark
 * and the integration tests call.
 */
import { readFileSync } from "node:fs";
import { Problem } from "../../lib/problem.ts";
import { parseDocument } from "../../protocol/documents.ts";
import { RegionFile } from "../../protocol/region-file.ts";
import { type Region, regionAt } from "../host/region.ts";

export { type Region, regionAt } from "../host/region.ts";
export { execOn, execThrough } from "../instance/exec.ts";
export {
  powerOffInstance,
  rebootInstance,
  startInstance,
  waitBooted,
} from "../instance/instance.ts";
export { leaderPid } from "../instance/record.ts";
export { targetAnswers, targetStates } from "../load-balancer/load-balancer.ts";
export { down } from "./down.ts";
export {
  killConsulLeader,
  putAgentRules,
  restoreConsul,
  revokeAgentToken,
  saveConsul,
  startConsulAgain,
  startMotoAgain,
  stopConsul,
  stopMoto,
} from "./outages.ts";
export { isUp, regionStatus } from "./status.ts";
export { up } from "./up.ts";

/**
 * Reads the addresses of a running region.
 *
 * @param region @default the one of `SHOESTRING_REGION`, else of this checkout
 * @throws Problem where none is up.
 */
export function readRegionFile(region: Region = regionAt()): RegionFile {
  const path = region.path("region.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem({
      happened: `no local region is up in ${region.directory}`,
      unchanged: "nothing was done",
      next: "bring it up with: shoestring local up",
      cause,
    });
  }
  return parseDocument(RegionFile, path, text);
}
