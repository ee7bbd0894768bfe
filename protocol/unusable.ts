import { DocumentUnusable, type Hold, schemaVersion } from "./documents.ts";

/** The fields of a hold, pause or drain that cannot be read; it sorts before all others. */
const unknownWriter = "an unknown writer";
const unknownTime = new Date(0).toISOString();

/** The fields that holds, pauses and drains share. */
type Assumed = Pick<Hold, "schema" | "by" | "reason" | "at">;

/**
 * Reads a hold, a pause or a drain; if the document cannot be read, it still counts, with that as
 * its reason.
 *
 * @param lift the command that removes it.
 */
export function assumed<Sign>(parse: () => Sign, lift: string): Sign | Assumed {
  return orElse(parse, (error) => ({
    schema: schemaVersion,
    by: unknownWriter,
    reason: `${error.key} cannot be read: ${oneLine(error)}; remove it with: ${lift}`,
    at: unknownTime,
  }));
}

/** The parsed value, or a replacement if the document cannot be used. */
export function orElse<Value, Other>(
  parse: () => Value,
  other: (error: DocumentUnusable) => Other,
): Value | Other {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DocumentUnusable)) throw error;
    return other(error);
  }
}

/** Why a document cannot be used, in one line. */
export const oneLine = ({ why }: DocumentUnusable): string =>
  why.replaceAll(/\s*\n\s*/g, " ").slice(0, 200);

/** The condition that a reader of an unusable document waits for. */
export const waitsFor = (error: DocumentUnusable): string =>
  `${error.key} to be readable: ${oneLine(error)}`;

/** The documents that could be parsed, and the others. */
export interface Parsed<Value> {
  readonly usable: readonly Value[];
  readonly unusable: readonly DocumentUnusable[];
}

/** Parses the documents that it can: one that cannot be read must not hide the others. */
export function parseEach<Item, Value>(
  items: readonly Item[],
  parse: (item: Item) => Value,
): Parsed<Value> {
  const usable: Value[] = [];
  const unusable: DocumentUnusable[] = [];
  for (const item of items) {
    orElse(
      () => void usable.push(parse(item)),
      (error) => void unusable.push(error),
    );
  }
  return { usable, unusable };
}
