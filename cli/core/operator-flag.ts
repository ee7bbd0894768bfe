import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";
import type { Hold, Pause } from "../../protocol/documents.ts";
import { formatDocument, schemaVersion } from "../../protocol/documents.ts";
import type { Context, Options } from "./context.ts";
import { answer } from "./output.ts";
import { writeAudited } from "./write-audited.ts";

/** A document that stops something for a service while it exists. */
export interface OperatorFlag {
  readonly schema: typeof Hold | typeof Pause;
  readonly keyOf: (service: string) => string;
  /** The resulting state of the service. */
  readonly state: "held" | "paused";
}

/** Sets the flag, or gives an existing one another reason. */
export async function setFlag(
  context: Context,
  { schema, keyOf, state }: OperatorFlag,
  action: string,
  service: string,
  options: Options,
): Promise<number> {
  const reason = options.reason as string;
  const key = keyOf(service);
  const at = context.now();
  const { found } = await context.consul.get(key);
  const document = { schema: schemaVersion, by: context.by, reason, at: at.toISOString() } as const;
  const after = formatDocument(schema, key, document);
  await writeAudited(context, { action, key, reason, before: found, after, at });
  answer(context, options, parseJson(after), [`${service} is ${state}: ${reason}`]);
  return 0;
}

/** Removes the flag. @throws Problem where there is none. */
export async function clearFlag(
  context: Context,
  { keyOf, state }: OperatorFlag,
  action: string,
  service: string,
  options: Options,
): Promise<number> {
  const key = keyOf(service);
  const { found } = await context.consul.get(key);
  if (!found) {
    throw new Problem({
      happened: `${service} is not ${state}`,
      unchanged: "nothing was written",
      next: `shoestring status ${service}`,
    });
  }
  const reason = options.reason ?? "lifted by hand";
  await writeAudited(context, {
    ...{ action, key, reason, before: found, after: undefined, at: context.now() },
  });
  answer(context, options, { service, [state]: false }, [`${service} is no longer ${state}`]);
  return 0;
}
