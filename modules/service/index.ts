export type { ServiceProps } from "./props.ts";
export { type AttachmentProps, Service } from "./service.ts";
