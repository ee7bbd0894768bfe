import type { Context, Options } from "./context.ts";

/** Prints one JSON document, or lines for people. */
export function answer(
  { out }: Context,
  { json }: Options,
  value: unknown,
  lines: readonly string[],
) {
  if (json) out(JSON.stringify(value));
  else for (const line of lines) out(line);
}
