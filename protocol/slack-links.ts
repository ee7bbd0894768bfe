import * as z from "zod";

/** A URL with placeholders; without characters that would end a link in a message. */
const SlackLink = z.string().regex(/^https?:\/\/[^\s<>|]+$/);

/**
 * Pages that a message links to, with the placeholders `{cluster}`, `{service}`, `{revision}` and
 * `{trace}`.
 */
export const SlackLinks = z.looseObject({
  /** A trace of the deploy, like "https://traces.example.org/{trace}". */
  trace: SlackLink.optional(),
  /** The cluster's board, like "https://board.example.org/{cluster}#{service}". */
  board: SlackLink.optional(),
});
export type SlackLinks = z.infer<typeof SlackLinks>;

/** Values of the placeholders. */
export interface Places {
  readonly cluster: string;
  readonly service: string;
  readonly revision: number;
  /** Absent if the build had no trace; then there is no link to one. */
  readonly trace?: string | undefined;
}

/** The link with its placeholders filled in; undefined if a value is missing. */
export function fillIn(template: string, places: Places): string | undefined {
  let isComplete = true;
  const url = template.replaceAll(/\{(cluster|service|revision|trace)\}/g, (_, place) => {
    const value = places[place as keyof Places];
    if (value === undefined) isComplete = false;
    return String(value);
  });
  return isComplete ? url : undefined;
}
