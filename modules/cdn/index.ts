export { Cdn } from "./cdn.ts";
export type { BucketOrigin, CdnProps, HostOrigin } from "./props.ts";
