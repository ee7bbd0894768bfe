export type { AttachmentProps } from "./attachment.ts";
export type { ServiceProps } from "./props.ts";
export { Service } from "./service.ts";
