/** A list of IAM's patterns: `*` stands for any letters, `?` for one. */
export interface Patterns {
  /** As the policy writes them. */
  readonly texts: readonly string[];
  readonly matches: (text: string) => boolean;
}

/**
 * Compiles patterns once, since thousands of requests are compared with each.
 *
 * @throws Error for a variable of a policy (`${aws:username}`), which nothing here uses.
 */
export function patterns(texts: readonly string[]): Patterns {
  const exact = new Set(texts.filter((it) => !isWild(it)));
  const wild = texts.filter(isWild).map(compile);
  return {
    texts,
    matches: (text) => exact.has(text) || wild.some((it) => it.test(text)),
  };
}

/** The same without case, as AWS compares the names of actions. */
export function actionPatterns(texts: readonly string[]): Patterns {
  const lower = patterns(texts.map((it) => it.toLowerCase()));
  return { texts, matches: (text) => lower.matches(text.toLowerCase()) };
}

const isWild = (pattern: string) => /[*?]|\$\{/.test(pattern);

function compile(pattern: string): RegExp {
  if (pattern.includes("${")) throw new Error(`a variable in "${pattern}" is not simulated`);
  const letters = [...pattern].map((it) =>
    it === "*" ? ".*" : it === "?" ? "." : it.replace(/[.+^$()|[\]{}\\/]/, "\\$&"),
  );
  return new RegExp(`^${letters.join("")}$`, "s");
}
