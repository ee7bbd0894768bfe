import * as z from "zod";
import { parseJson } from "../../lib/json.ts";

/** The holder of a lock, as it writes itself into the value of the lock's key. */
const Holder = z.object({
  instance: z.string(),
  /** The run of the instance's agent; absent if the next run takes over by other means. */
  incarnation: z.string().optional(),
});

/** @returns undefined if the value names no holder. */
export function holderOf(value: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.parse(parseJson(value));
  } catch {
    return undefined;
  }
}
