export { ConsulConfig } from "./consul-config.ts";
export type { ConsulConfigProps, Variables } from "./props.ts";
