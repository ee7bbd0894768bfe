/** Reads a synthesised stack (`cdk.tf.json`) without assumptions about its form. */

/** Arguments of a resource or of a block in it. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly type: string;
  /** The last part of its address. */
  readonly name: string;
  readonly fields: Fields;
}

/** Every resource of a stack, in the order of the file; values of another form are left out. */
export function resourcesOf(stackJson: unknown): Resource[] {
  return Object.entries(fields(fields(stackJson).resource)).flatMap(([type, named]) =>
    Object.entries(fields(named))
      .filter(([name]) => name !== "//")
      .flatMap(([name, value]) => blocks(value).map((it) => ({ type, name, fields: it }))),
  );
}

/** The region of the provider that resources use when they name none. */
export function regionOf(stackJson: unknown): string | undefined {
  const providers = blocks(fields(fields(stackJson).provider).aws);
  return text(providers.find((it) => it.alias === undefined)?.region);
}

/** A block as Terraform writes it: once, several times, or not at all. */
export function blocks(value: unknown): Fields[] {
  if (Array.isArray(value)) return value.flatMap(blocks);
  return isFields(value) ? [value] : [];
}

/** The first block, or one without a field. */
export const block = (value: unknown): Fields => blocks(value)[0] ?? {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** A number, also one that is written as text, but not a reference. */
export function number(value: unknown): number | undefined {
  const isWritten = typeof value === "string" && /^\d+(\.\d+)?$/.test(value);
  const it = isWritten ? Number(value) : value;
  return typeof it === "number" && Number.isFinite(it) ? it : undefined;
}

/** The resource that `${type.name.attribute}` refers to, if it refers to one of this type. */
export function referred(value: unknown, type: string): string | undefined {
  const [, foundType, name] = /^\$\{(aws_\w+)\.([\w-]+)(?:\.\w+)?\}$/.exec(text(value) ?? "") ?? [];
  return foundType === type ? name : undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fields = (value: unknown): Fields => (isFields(value) ? value : {});
