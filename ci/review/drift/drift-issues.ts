import type { GitHub } from "../../github/github.ts";
import { longestComment } from "../comment/comment.ts";
import { code, fence, firstLines } from "../comment/markdown.ts";
import { attributeLine } from "../comment/stack-section.ts";
import type { Drift } from "../plan/drift.ts";
import type { DriftReport } from "./drift-stack.ts";

const driftLabel = "drift";

type Asked = Pick<GitHub, "openIssues" | "openIssue" | "editIssue" | "closeIssue" | "addComment">;

/**
 * Opens, updates and closes one issue for each stack. A stack that could not be checked keeps its
 * issue.
 *
 * @returns a line for each change.
 */
export async function writeDriftIssues(
  gitHub: Asked,
  reports: readonly DriftReport[],
  runUrl: string,
): Promise<string[]> {
  const open = await gitHub.openIssues(driftLabel);
  const done: string[] = [];
  for (const report of reports) {
    const { stack } = report;
    const marker = `<!-- shoestring:drift ${stack} -->`;
    const issue = open.find(({ body }) => body.startsWith(marker));
    if (report.outcome === "failed") {
      done.push(`${stack}: could not be looked at: ${report.words}`);
    } else if (report.drift.length > 0) {
      const body = `${marker}\n${driftBody(stack, report.drift, runUrl)}`;
      const title = `Drift: ${stack} is otherwise than its code`;
      if (!issue) await gitHub.openIssue({ title, body, labels: [driftLabel] });
      else if (issue.body !== body) await gitHub.editIssue(issue.number, body);
      done.push(`${stack}: ${report.drift.length} objects drifted`);
    } else if (issue) {
      await gitHub.addComment(issue.number, `Nothing drifts any more: ${runUrl}`);
      await gitHub.closeIssue(issue.number);
      done.push(`${stack}: clean again`);
    } else {
      done.push(`${stack}: clean`);
    }
  }
  return done;
}

/** Most of a comment's characters are for the drift, the rest for the text around it. */
const longestDiff = longestComment - 4000;

function driftBody(stack: string, drift: readonly Drift[], runUrl: string): string {
  const lines = drift.flatMap(({ address, isGone, attributes }) => [
    isGone ? `- ${address} (somebody deleted it)` : `! ${address}`,
    ...attributes.map(attributeLine),
  ]);
  return [
    `Somebody changed ${drift.length === 1 ? "an object" : `${drift.length} objects`} of ${code(stack)} without Terraform: what it was → what it is.`,
    fence(fitting(lines).join("\n"), "diff"),
    `Either write it into the code, in a pull request, or take it back: a plan of ${code(stack)} shows what an apply would undo.`,
    `This issue is kept up to date and closed by the workflow. <sub>[The run](${runUrl})</sub>`,
  ].join("\n\n");
}

function fitting(lines: readonly string[]): string[] {
  let length = 0;
  const fits = lines.findIndex((line) => {
    length += line.length + 1;
    return length > longestDiff;
  });
  return fits < 0 ? [...lines] : firstLines(lines, fits);
}
