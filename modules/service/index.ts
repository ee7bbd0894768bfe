export type { ServiceProps } from "./props.ts";
export { type BehindProps, Service } from "./service.ts";
