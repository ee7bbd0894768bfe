import type { GitHub } from "./github.ts";

export interface StickyComment {
  /** A word that finds it again; a reader does not see it. */
  readonly purpose: string;
  /** Grows with every run. What a later run wrote stays. */
  readonly order: number;
  readonly body: string;
  /** Whether it says so little that it is only worth changing one that is there. @default false */
  readonly isSilent?: boolean;
}

/** Writes the one comment that a pull request has for a purpose: a new one, or the old one again. */
export async function writeStickyComment(
  gitHub: Pick<GitHub, "commentsOf" | "addComment" | "editComment">,
  issue: number,
  { purpose, order, body, isSilent = false }: StickyComment,
): Promise<void> {
  const marker = new RegExp(`^<!-- shoestring:${purpose} (\\d+) -->`);
  // People may quote it, and whoever comments could write one for us to edit.
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
