import type { GitHub } from "./github.ts";

/**
 * Writes the one comment that a pull request has for a purpose: a new one, or the old one again.
 *
 * @param purpose a word that finds it again; a reader does not see it.
 * @param order grows with every run. What a later run wrote stays.
 */
export async function writeStickyComment(
  gitHub: Pick<GitHub, "commentsOf" | "addComment" | "editComment">,
  issue: number,
  { purpose, order, body }: { purpose: string; order: number; body: string },
): Promise<void> {
  const marker = new RegExp(`^<!-- shoestring:${purpose} (\\d+) -->`);
  // People may quote it, and whoever comments could write one for us to edit.
  const mine = (await gitHub.commentsOf(issue)).find((it) => it.byBot && marker.test(it.body));
  const marked = `${markerOf(purpose, order)}\n${body}`;
  if (mine === undefined) return gitHub.addComment(issue, marked);
  if (Number(marker.exec(mine.body)?.[1]) > order) return;
  if (mine.body !== marked) await gitHub.editComment(mine.id, marked);
}

/** How many characters of a comment the marker may take. */
export const longestMarker = 80;

const markerOf = (purpose: string, order: number) => `<!-- shoestring:${purpose} ${order} -->`;
