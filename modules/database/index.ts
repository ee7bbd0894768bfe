export { Database } from "./database.ts";
export type { DatabaseProps } from "./props.ts";
