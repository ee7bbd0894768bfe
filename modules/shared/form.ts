import type { Fault } from "./fault.ts";
import { insteadOf } from "./unknown-field.ts";

/**
 * The form of a value: whether it is a map, a list or a text, and which fields it has. Types say so
 * for who writes TypeScript; a synth does not check them, and a file may come from JSON.
 */
export interface Form {
  /** @param places the whole form's fields, by which a fault names where a field belongs. */
  (field: string, value: unknown, places: readonly string[]): readonly Fault[];
  /** Forms of a map's fields. */
  readonly fields?: Readonly<Record<string, Form>>;
  /** Form of each value of a map whose names are free. */
  readonly each?: Form;
}

/** Every field of a form, like "services.<name>.hosts". */
export const placesOf = ({ fields = {}, each }: Form, at = ""): readonly string[] => [
  ...Object.entries(fields).flatMap(([name, it]) => [
    `${at}${name}`,
    ...placesOf(it, `${at}${name}.`),
  ]),
  ...(each ? placesOf(each, `${at}<name>.`) : []),
];

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
    typeof value === "string" ? [] : [{ field, value: hidden(value), good }];

const hidden = (value: unknown) => `(${typeof value}, not shown)`;

/** The value of a field that nobody knows, which may be a map of secrets. */
const shown = (value: unknown) =>
  typeof value === "number" || typeof value === "boolean" ? value : hidden(value);

export const texts =
  (good: string): Form =>
  (field, value) =>
    Array.isArray(value) && value.every((it) => typeof it === "string")
      ? []
      : [{ field, value, good }];

/** A map from names to values of one form. */
export const mapOf = (each: Form, good: string): Form => {
  const check: Form = (field, value, places) =>
    isMap(value)
      ? Object.entries(value).flatMap(([name, it]) => each(`${field}.${name}`, it, places))
      : [{ field, value, good }];
  return Object.assign(check, { each });
};

/** A map with no fields but these; one that is `undefined` and not required counts as left out. */
export const fieldsOf = (
  fields: Readonly<Record<string, Form>>,
  good: string,
  required: readonly string[] = [],
): Form => {
  const known = Object.keys(fields);
  const check: Form = (field, value, places) => {
    if (!isMap(value)) return [{ field, value, good }];
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    return [...new Set([...required, ...names])].flatMap((name) => {
      const at = field === "" ? name : `${field}.${name}`;
      const form = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return form
        ? form(at, value[name], places)
        : [{ field: at, value: shown(value[name]), good: insteadOf(at, known, places) }];
    });
  };
  return Object.assign(check, { fields });
};

/** Where there is a map, one with no fields but these; else another form. */
export const mapOr = (fields: Readonly<Record<string, Form>>, other = anything): Form => {
  const map = fieldsOf(fields, "");
  const check: Form = (...it) => (isMap(it[1]) ? map : other)(...it);
  return Object.assign(check, { fields });
};

/** A number, or another form. */
export const numberOr = (other: Form): Form => {
  const check: Form = (...it) => (typeof it[1] === "number" ? [] : other(...it));
  return Object.assign(check, { ...other });
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
