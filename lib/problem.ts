/** The three parts of every error of Shoestring, and optionally its cause. */
export interface ProblemParts {
  /** The event, with the names and values that a reader needs. */
  readonly happened: string;
  /** The things that stayed as they were, which the reader need not worry about. */
  readonly unchanged: string;
  /** The next action: a command or a place to look. */
  readonly next: string;
  readonly cause?: unknown;
}

/** An error meant for a person. Everything thrown on purpose is one of these. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly happened: string;
  readonly unchanged: string;
  readonly next: string;

  constructor(parts: ProblemParts) {
    super(`${parts.happened}. Unchanged: ${parts.unchanged}. Next: ${parts.next}`, {
      cause: parts.cause,
    });
    this.happened = parts.happened;
    this.unchanged = parts.unchanged;
    this.next = parts.next;
  }
}

/** A problem as the command line shows it. */
export const threeLines = ({ happened, unchanged, next }: Problem): string =>
  `failed: ${happened}\nunchanged: ${unchanged}\nnext: ${next}`;

/** The `happened` part of any thrown value, for a place that shows the other two parts itself. */
export function happening(error: unknown): string {
  return error instanceof Problem ? error.happened : describe(error);
}

/** One line for any thrown value: the innermost useful message, never a stack. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
