export { Consul } from "./consul.ts";
export type { ConsulProps } from "./props.ts";
