import type { ValueChange } from "./plan-json.ts";
import { renderValue } from "./render-value.ts";
import { isSame } from "./stack-contents.ts";

/** One attribute that changes, without secrets. */
export interface AttributeChange {
  /** Like `tags.owner` or `ingress[]`. */
  readonly path: string;
  /** Missing if there was no value. */
  readonly before?: string;
  /** Missing if there will be no value. */
  readonly after?: string;
  /** Whether it forces the replacement. */
  readonly forces?: true;
}

const sensitive = "(sensitive)";
export const unknown = "(known after apply)";

/** The changes of an object, attribute by attribute, without sensitive values. */
export function attributeChanges(
  change: ValueChange,
  replacePaths: readonly (readonly (string | number)[])[] = [],
): AttributeChange[] {
  const forcing = replacePaths.map(pathText);
  return differences(
    { path: [] },
    {
      before: change.before,
      after: change.after,
      hidesBefore: change.before_sensitive,
      hidesAfter: change.after_sensitive,
      unknown: change.after_unknown,
    },
  ).map((it) => (forcing.some((path) => isWithin(it.path, path)) ? { ...it, forces: true } : it));
}

interface Place {
  readonly path: readonly (string | number)[];
}

/** The same place in the five trees that Terraform gives. */
interface Sides {
  readonly before: unknown;
  readonly after: unknown;
  readonly hidesBefore: unknown;
  readonly hidesAfter: unknown;
  readonly unknown: unknown;
}

function differences(place: Place, sides: Sides): AttributeChange[] {
  const { before, after, hidesBefore, hidesAfter } = sides;
  if (hidesBefore === true || hidesAfter === true) {
    const isChanged = hasTrue(sides.unknown) || !isSame(before ?? null, after ?? null);
    if (!isChanged) return [];
    const comes = !isNone(after) || hasTrue(sides.unknown);
    return [entry(place, isNone(before) ? undefined : sensitive, comes ? sensitive : undefined)];
  }
  if (sides.unknown === true) {
    // A value with something hidden below it is not shown piece by piece.
    const old = hasTrue(hidesBefore) ? sensitive : textOf(before);
    return [entry(place, old, unknown)];
  }
  const isPlain = !hasTrue(hidesBefore) && !hasTrue(hidesAfter) && !hasTrue(sides.unknown);
  if (isPlain && isSame(before ?? null, after ?? null)) return [];
  if (isList(before) || isList(after)) {
    if (isPlain) return elements(place, listOf(before), listOf(after));
    const length = Math.max(listOf(before).length, listOf(after).length, lengthOf(sides.unknown));
    return [...Array(length).keys()].flatMap((index) => below(place, sides, index));
  }
  if (isObject(before) || isObject(after) || isObject(sides.unknown)) {
    const keys = new Set([before, after, sides.unknown].filter(isObject).flatMap(Object.keys));
    return [...keys].sort().flatMap((key) => below(place, sides, key));
  }
  const [old, fresh] = [document(before), document(after)];
  if (old !== undefined && fresh !== undefined) {
    return differences(place, { ...nothingHidden, before: old, after: fresh });
  }
  return isSame(before ?? null, after ?? null) ? [] : [entry(place, textOf(before), textOf(after))];
}

const nothingHidden = { hidesBefore: false, hidesAfter: false, unknown: false };

function below(place: Place, sides: Sides, key: string | number): AttributeChange[] {
  return differences(
    { path: [...place.path, key] },
    {
      before: at(sides.before, key),
      after: at(sides.after, key),
      hidesBefore: at(sides.hidesBefore, key),
      hidesAfter: at(sides.hidesAfter, key),
      unknown: at(sides.unknown, key),
    },
  );
}

/** A set has no order, and a list with one more in front did not change everywhere. */
function elements({ path }: Place, before: unknown[], after: unknown[]): AttributeChange[] {
  const place = { path: [...path, "[]"] };
  const gone = without(before, after);
  const come = without(after, before);
  if (gone.length === 0 && come.length === 0) return [entry({ path }, "(one order)", "(another)")];
  const [one, other] = [gone[0], come[0]];
  if (gone.length === 1 && come.length === 1 && isObject(one) && isObject(other)) {
    return differences(place, { ...nothingHidden, before: one, after: other });
  }
  return [
    ...gone.map((it) => entry(place, textOf(it), undefined)),
    ...come.map((it) => entry(place, undefined, textOf(it))),
  ];
}

/** The elements that one list has more often than the other. */
function without(list: readonly unknown[], other: readonly unknown[]): unknown[] {
  const rest = [...other];
  return list.filter((it) => {
    const found = rest.findIndex((each) => isSame(each, it));
    if (found < 0) return true;
    rest.splice(found, 1);
    return false;
  });
}

function entry(place: Place, before: string | undefined, after: string | undefined) {
  return {
    path: pathText(place.path) || "value",
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Parses a text that holds a JSON object, such as a policy, to compare the object. */
function document(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[{[]/.test(value)) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown) => (isNone(value) ? undefined : renderValue(value));

const pathText = (path: readonly (string | number)[]) =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : part === "[]" ? part : `.${part}`))
    .join("")
    .replace(/^\./, "");

const isWithin = (path: string, outer: string) =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const isNone = (value: unknown) => value === undefined || value === null;
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (isList(value) ? value : []);
const lengthOf = (value: unknown) => listOf(value).length;

const at = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/** Whether a mark is anywhere in a tree of marks. */
function hasTrue(marks: unknown): boolean {
  if (marks === true) return true;
  return typeof marks === "object" && marks !== null && Object.values(marks).some(hasTrue);
}
