import * as z from "zod";
import { parseJson } from "../../lib/json.ts";

/** Who holds a lock: what its holder writes as the value of its key. */
const Holder = z.object({
  instance: z.string(),
  /** Which run of the instance's agent; unsaid where the next one goes on by other means. */
  incarnation: z.string().optional(),
});

/** @returns undefined where the value says nothing of the kind. */
export function holderOf(value: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.parse(parseJson(value));
  } catch {
    return undefined;
  }
}
