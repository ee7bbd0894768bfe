import { groupBy } from "../../lib/group-by.ts";
import { table } from "../../lib/text-table.ts";
import { attribute, ownAttribute } from "../../trace/attributes.ts";
import type { Span } from "../../trace/spans.ts";

/** Columns of the longest bar. */
const width = 40;

/**
 * Draws spans as a tree with a bar each, the earliest first: one line a span, with the seconds from
 * the beginning to its start, and its duration.
 */
export function waterfall(spans: readonly Span[]): string[] {
  const from = Math.min(...spans.map(({ startMs }) => startMs));
  const total = Math.max(1, ...spans.map(({ endMs }) => endMs - from));
  const rows = rowsOf(spans).map(({ span, depth }) => {
    const start = span.startMs - from;
    const durationMs = span.endMs - span.startMs;
    return [
      `${"  ".repeat(depth)}${labelOf(span)}`,
      seconds(start),
      seconds(durationMs),
      bar(start / total, durationMs / total),
      ...(span.error === undefined ? [] : [`failed: ${span.error}`]),
    ];
  });
  return table([["", "   start", "    took", " ".repeat(width)], ...rows]);
}

/** Depth first, each span below its parent. Spans from before the deploy are on its level. */
function rowsOf(spans: readonly Span[]): { span: Span; depth: number }[] {
  const rollout = spans.find(({ name }) => name === "rollout");
  const parts = groupBy(spans, (span) =>
    span === rollout || isBefore(span) ? undefined : span.parentId,
  );
  const below = (id: string | undefined, depth: number): { span: Span; depth: number }[] =>
    (parts.get(id) ?? [])
      .toSorted((a, b) => a.startMs - b.startMs)
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(undefined, 0);
}

const isBefore = ({ name }: Span) => ["build", "upload", "announce"].includes(name);

function labelOf({ name, resource, attributes }: Span): string {
  if (name === "roll") return String(resource[attribute.hostName]);
  if (name === "process") return `process ${attributes[ownAttribute.process]}`;
  return name;
}

/** Right-aligned, so that the decimal points line up for spans of up to a day. */
const seconds = (ms: number) => (ms / 1000).toFixed(2).padStart(8);

/**
 * @param start and `share` are fractions of the whole, from 0 to 1. The shortest bar is still
 * visible.
 */
function bar(start: number, share: number): string {
  const from = Math.min(Math.round(start * width), width - 1);
  const to = Math.max(from + 1, Math.round((start + share) * width));
  return " ".repeat(from) + "█".repeat(to - from);
}
