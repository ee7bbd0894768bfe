import * as z from "zod";

/** What a probe sends otherwise than a request of the service's first host. */
export const ProbeSettings = z.object({
  /** The header `Host`. Absent: one of the service's hosts. */
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/)
    .optional(),
  /** Headers by name, in place of those of that name. nginx has them in its configuration. */
  headers: z
    .record(
      z
        .string()
        .max(64)
        .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
        .refine((name) => !ofConnections.has(name.toLowerCase())),
      z
        .string()
        .max(1024)
        .regex(/^[ -~]*$/)
        .refine((value) => !/["\\$]/.test(value)),
    )
    .optional(),
});

/** `Host` has a field of its own; the others are each connection's, or secrets. */
const ofConnections: ReadonlySet<string> = new Set([
  ...["host", "connection", "keep-alive", "upgrade", "te", "trailer", "transfer-encoding"],
  ...["content-length", "content-type", "expect", "authorization", "cookie"],
]);
