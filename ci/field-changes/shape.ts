/**
 * Where two trees differ, down to the arguments of a resource. Changes of one shape have one plan:
 * what replaces is an argument, not its value.
 */
export function shapeOf(before: unknown, after: unknown, path: readonly string[] = []): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const isInside = isMap(before) && isMap(after) && path.length < longestPath;
  if (!isInside) {
    const how = before === undefined ? "+" : after === undefined ? "-" : "";
    return [`${path.join(".")}${how}`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => shapeOf(before[key], after[key], [...path, key]));
}

/** `resource`, a type, a name, an argument. */
const longestPath = 4;

const isMap = (it: unknown): it is Readonly<Record<string, unknown>> =>
  typeof it === "object" && it !== null && !Array.isArray(it);
