export { explore } from "./explore.ts";
export { firstBroken } from "./first-broken.ts";
export { type Rules, rules } from "./rules.ts";
