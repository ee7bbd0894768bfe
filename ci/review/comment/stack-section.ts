import { type AttributeChange, unknown } from "../plan/attributes.ts";
import type { Change, Kind } from "../plan/changes.ts";
import type { StackReport } from "../plan/report.ts";
import { summary } from "../plan/summary.ts";
import { collapsed, fence, firstLines } from "./markdown.ts";

/** The detail for a stack: everything, what a reviewer needs, only addresses, or one line. */
export type Detail = "whole" | "attributes" | "addresses" | "counts";

type Planned = Extract<StackReport, { outcome: "planned" }>;

/** A stack's part of the comment: one line to open, and all that it changes below. */
export function stackSection(report: Planned, detail: Detail): string {
  const { stack, changes, drift, deferred } = report;
  const title = `<b>${stack}</b>: ${summary(changes)}`;
  if (detail === "counts") return `- ${title}`;
  const lines = changes.flatMap((it) => changeLines(it, detail));
  const parts = [
    ...(changes.length === 0 ? [] : [fence(lines.join("\n"), "diff")]),
    ...(drift.length === 0 ? [] : [driftPart(drift, detail)]),
    ...(deferred.length === 0 ? [] : [deferredPart(deferred, detail)]),
  ];
  return collapsed(title, parts.join("\n\n"));
}

/** The first column of a diff for each kind: red for removed objects, green for new ones. */
const signs: Readonly<Record<Kind, string>> = {
  destroy: "-",
  replace: "!",
  forget: "#",
  create: "+",
  update: "!",
  import: "+",
  move: "#",
  output: "#",
};

function changeLines(change: Change, detail: Detail): string[] {
  const { kind, address, from, imports, why, attributes } = change;
  const notes = [
    kind,
    ...(from === undefined ? [] : [`moved from ${from}`]),
    ...(imports === undefined ? [] : [`by ${imports}`]),
    ...(why === undefined ? [] : [why]),
  ];
  const line = `${signs[kind]} ${address} (${notes.join("; ")})`;
  return [line, ...attributesFor(kind, attributes, detail).map(attributeLine)];
}

/** Leaves out attributes of new objects, which are in the code, and new ids of replaced ones. */
function attributesFor(kind: Kind, attributes: Change["attributes"], detail: Detail) {
  if (detail === "whole") return attributes;
  if (detail === "addresses" || kind === "create") return [];
  if (kind !== "replace") return attributes;
  return attributes.filter(({ after, forces }) => forces || after !== unknown);
}

export function attributeLine({ path, before, after, forces }: AttributeChange): string {
  const value =
    before === undefined
      ? `${after}`
      : after === undefined
        ? `${before} is removed`
        : `${before} → ${after}`;
  return `      ${path}: ${value}${forces ? "  # forces the replacement" : ""}`;
}

function driftPart(drift: Planned["drift"], detail: Detail): string {
  const lines = drift.flatMap(({ address, isGone, attributes }) => [
    `# ${address}${isGone ? " (somebody deleted it)" : ""}`,
    ...(detail === "addresses" ? [] : attributes.map(attributeLine)),
  ]);
  return `Changed behind Terraform's back; the plan above starts from there:\n\n${fence(lines.join("\n"))}`;
}

function deferredPart(deferred: readonly string[], detail: Detail): string {
  const lines = firstLines(deferred, detail === "whole" ? deferred.length : 20);
  return `Put off by Terraform to a later plan, so this is not all:\n\n${fence(lines.join("\n"))}`;
}
