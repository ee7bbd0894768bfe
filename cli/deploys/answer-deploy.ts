import type { Deploy } from "../../protocol/documents.ts";
import type { Context, Options } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { follow } from "./follow.ts";

/** Prints the deploy that was written, and with `--wait` how it ends. @returns the exit code. */
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
