/**
 * The local region as a library: what `shoestring local` runs, and what the demo, the benchmark
 * and the integration tests call.
 */
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
export { readRegionFile } from "./region-file.ts";
export { isUp, regionStatus } from "./status.ts";
export { up } from "./up.ts";
