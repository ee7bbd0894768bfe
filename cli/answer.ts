import type { Deploy } from "../protocol/documents.ts";
import type { Context, Options } from "./context.ts";
import { follow } from "./follow.ts";

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

/** Says what was written, and with `--wait` how it ends. @returns the exit code. */
export async function answerDeploy(
  context: Context,
  options: Options,
  deploy: Deploy,
): Promise<number> {
  const { service, revision, kind, release } = deploy;
  const document = options.wait ? { event: "deploy", ...deploy } : deploy;
  answer(context, options, document, [
    `${service}: ${kind} ${kind === "rollback" ? "to" : "of"} ${release.id} is revision ${revision}`,
  ]);
  return options.wait ? follow(context, deploy, options) : 0;
}

/** Rows as aligned columns. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
