export { explore } from "./explore.ts";
export { Broken } from "./invariants.ts";
export { type Rules, rules } from "./rules.ts";
