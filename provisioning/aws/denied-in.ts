/**
 * Reads the answer of IAM's `SimulatePrincipalPolicy`.
 *
 * @returns the actions that it does not say to be allowed.
 */
export function deniedIn(xml: string, actions: readonly string[]): string[] {
  // The statements that decided are a list inside each result.
  const results = xml
    .replaceAll(/<MatchedStatements>.*?<\/MatchedStatements>/gs, "")
    .split("<member>");
  const isAllowed = (action: string) =>
    results.some(
      (it) =>
        it.includes(`<EvalActionName>${action}</EvalActionName>`) &&
        it.includes("<EvalDecision>allowed</EvalDecision>"),
    );
  return actions.filter((action) => !isAllowed(action));
}
