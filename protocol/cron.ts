import * as z from "zod";
import { parseCalendar } from "./calendar.ts";
import { Name } from "./names.ts";

/** A command that a service runs at scheduled times. */
export const CronEntry = z.object({
  command: z.array(z.string().min(1)).min(1),
  /** When, as systemd's `OnCalendar=` says it, in the service's time zone. */
  at: z.string().refine((at) => parseCalendar(at) !== undefined),
  /** After this it is killed and has failed. */
  timeoutSeconds: z.number().int().min(1).max(86_400),
});
export type CronEntry = z.infer<typeof CronEntry>;

/** The scheduled commands of a service, by name. */
export const CronEntries = z
  .record(Name, CronEntry)
  .refine((entries) => Object.keys(entries).length > 0);
