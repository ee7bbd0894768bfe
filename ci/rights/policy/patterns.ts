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

/** Services whose ARNs tell no kind of resource: what comes behind the account is a name. */
const withoutKinds = ["s3", "sns", "sqs"];

/**
 * The same for ARNs: a star does not reach from one of the parts between colons into the next.
 *
 * @throws Error for a star in the kind of a resource, as in `arn:aws:rds:*:*:*:web-*`: AWS takes none there.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export function arnPatterns(texts: readonly string[]): Patterns {
  const compiled = texts.map((text) => {
    if (text === "*") return () => true;
    const [head, name] = parts(text);
    const kind = /^([^/:]*)[/:]/.exec(name)?.[1] ?? "";
    if (isWild(kind) && !withoutKinds.includes(head[2] as string))
      throw new Error(`AWS takes no star in the kind of a resource: "${text}"; write each kind`);
    const heads = head.map((it) => patterns([it]));
    const names = patterns([name]);
    return (arn: string) => {
      const [ofArn, rest] = parts(arn);
      return heads.every((it, i) => it.matches(ofArn[i] ?? "")) && names.matches(rest);
    };
  });
  return { texts, matches: (arn) => compiled.some((it) => it(arn)) };
}

/** The five parts of an ARN up to the account, and what comes behind. */
function parts(arn: string): readonly [readonly string[], string] {
  const all = arn.split(":");
  return [all.slice(0, 5), all.slice(5).join(":")];
}

const isWild = (pattern: string) => /[*?]|\$\{/.test(pattern);

function compile(pattern: string): RegExp {
  if (pattern.includes("${")) throw new Error(`a variable in "${pattern}" is not simulated`);
  const letters = [...pattern].map((it) =>
    it === "*" ? ".*" : it === "?" ? "." : it.replace(/[.+^$()|[\]{}\\/]/, "\\$&"),
  );
  return new RegExp(`^${letters.join("")}$`, "s");
}
