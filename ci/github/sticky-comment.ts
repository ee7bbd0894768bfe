import type { GitHub } from "./github.ts";

export interface StickyComment {
  /** A word by which the comment is found again; readers do not see it. */
  readonly purpose: string;
  /** Grows with every run. An earlier run does not replace a later run's comment. */
  readonly order: number;
  readonly body: string;
  /** Whether it only replaces an existing comment, because it says so little. @default false */
  readonly isSilent?: boolean;
}

/** Creates or replaces the one comment that a pull request has for a purpose. */
export async function writeStickyComment(
  gitHub: Pick<GitHub, "commentsOf" | "addComment" | "editComment">,
  issue: number,
  { purpose, order, body, isSilent = false }: StickyComment,
): Promise<void> {
  const marker = new RegExp(`^<!-- shoestring:${purpose} (\\d+) -->`);
  // Only a bot's comment counts: people may quote the marker, or plant one to be edited.
  const mine = (await gitHub.commentsOf(issue)).find((it) => it.byBot && marker.test(it.body));
  const marked = `${markerOf(purpose, order)}\n${body}`;
  if (mine === undefined) {
    if (!isSilent) await gitHub.addComment(issue, marked);
    return;
  }
  if (Number(marker.exec(mine.body)?.[1]) > order) return;
  if (mine.body !== marked) await gitHub.editComment(mine.id, marked);
}

const markerOf = (purpose: string, order: number) => `<!-- shoestring:${purpose} ${order} -->`;
