import * as z from "zod";

/** A path that probes ask, with or without a query: nginx gets it in its configuration. */
export const PingPath = z
  .string()
  .max(1024)
  .regex(/^\/[\w.~!&'()*+,;=:@/?%-]*$/);
