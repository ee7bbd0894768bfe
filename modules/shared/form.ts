import type { Fault } from "./fault.ts";

/**
 * The form of a value: whether it is a map, a list or a text, and which fields it has. Types say so
 * for who writes TypeScript; a synth does not check them, and a file may come from JSON.
 */
export type Form = (field: string, value: unknown) => readonly Fault[];

/** Values that something else checks. */
const anything: Form = () => [];

/** Fields whose values something else checks. */
export const unchecked = <Name extends string>(...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, anything])) as Record<Name, Form>;

export const text =
  (good: string): Form =>
  (field, value) =>
    typeof value === "string" ? [] : [{ field, value, good }];

/** A text that may be a secret: no error shows what stands in its place. */
export const unseen =
  (good: string): Form =>
  (field, value) =>
    typeof value === "string" ? [] : [{ field, value: `(${typeof value}, not shown)`, good }];

export const texts =
  (good: string): Form =>
  (field, value) =>
    Array.isArray(value) && value.every((it) => typeof it === "string")
      ? []
      : [{ field, value, good }];

/** A map from names to values of one form. */
export const mapOf =
  (form: Form, good: string): Form =>
  (field, value) =>
    isMap(value)
      ? Object.entries(value).flatMap(([name, it]) => form(`${field}.${name}`, it))
      : [{ field, value, good }];

/** A map with no fields but these; one that is `undefined` and not required counts as left out. */
export const fieldsOf =
  (forms: Readonly<Record<string, Form>>, good: string, required: readonly string[] = []): Form =>
  (field, value) => {
    if (!isMap(value)) return [{ field, value, good }];
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    return [...new Set([...required, ...names])].flatMap((name) => {
      const at = field === "" ? name : `${field}.${name}`;
      const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
      return form
        ? form(at, value[name])
        : [{ field: at, value: value[name], good: otherThan(name, Object.keys(forms)) }];
    });
  };

/** Where there is a map, one with no fields but these; else another form. */
export const mapOr =
  (forms: Readonly<Record<string, Form>>, other = anything): Form =>
  (field, value) =>
    isMap(value) ? fieldsOf(forms, "")(field, value) : other(field, value);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function otherThan(name: string, known: readonly string[]): string {
  const [closest = ""] = known.toSorted((a, b) => distance(name, a) - distance(name, b));
  const changes = distance(name, closest);
  const isClose = changes < name.length && changes <= Math.max(2, closest.length / 3);
  return `left out${isClose ? `, or called ${closest}` : ""}; modules/spec/cluster.ts has the fields`;
}

/** How many characters have to be changed, added or left out to make one word of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, its] of [...other].entries()) {
      const changed = (row[j] as number) + (character === its ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
