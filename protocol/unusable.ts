import { DocumentUnusable, type Hold, schemaVersion } from "./documents.ts";

/** What a stop sign says that nobody can read; it sorts before all that can be. */
const unknownWriter = "an unknown writer";
const unknownTime = new Date(0).toISOString();

/** What every stop sign has. */
type Assumed = Pick<Hold, "schema" | "by" | "reason" | "at">;

/**
 * A stop sign as its document says; where that cannot be read, the same sign with the reason why.
 *
 * @param lift the command that takes it away.
 */
export function assumed<Sign>(parse: () => Sign, lift: string): Sign | Assumed {
  return orElse(parse, (error) => ({
    schema: schemaVersion,
    by: unknownWriter,
    reason: `${error.key} cannot be read: ${oneLine(error)}; remove it with: ${lift}`,
    at: unknownTime,
  }));
}

/** What is parsed, or what takes its place where it cannot be used. */
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

/** What whoever needs a document waits for. */
export const waitsFor = (error: DocumentUnusable): string =>
  `${error.key} to be readable: ${oneLine(error)}`;

/** What was parsed of many documents, and what could not be. */
export interface Parsed<Value> {
  readonly usable: readonly Value[];
  readonly unusable: readonly DocumentUnusable[];
}

/** Parses what can be parsed: one document among many is no reason to miss the others. */
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
