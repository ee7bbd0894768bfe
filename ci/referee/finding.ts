/** What one of the second opinions says against a stack. */
export interface Finding {
  /** The rule, as its owner names it. */
  readonly rule: string;
  /** What it is about: `<stack>/<type>.<name>`, or `<type>.<argument>`. */
  readonly at: string;
  readonly says: string;
}

/** A finding that is known, with the reason why it may stay. */
export interface Accepted {
  readonly rule: string;
  /** Matches `at` of the findings. */
  readonly at: RegExp;
  readonly why: string;
}

const matches = ({ rule, at }: Finding, accepted: Accepted) =>
  accepted.rule === rule && accepted.at.test(at);

/** Findings that nobody accepted, as lines for people, each once. */
export const unknown = (found: readonly Finding[], accepted: readonly Accepted[]): string[] => [
  ...new Set(
    found
      .filter((finding) => !accepted.some((it) => matches(finding, it)))
      .map(({ rule, at, says }) => `${rule} ${at}: ${says}`),
  ),
];

/** Accepted findings that are no longer found. */
export const outdated = (found: readonly Finding[], accepted: readonly Accepted[]): string[] =>
  accepted
    .filter((it) => !found.some((finding) => matches(finding, it)))
    .map(({ rule, at }) => `${rule} ${at.source}`);
