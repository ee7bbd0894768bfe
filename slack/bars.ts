import type { Deploy, InstanceRollout, ProcessReport } from "../protocol/documents.ts";
import { countDone, isProcessDone } from "../protocol/done-processes.ts";

/** More instances than this do not get a line each: a phone shows about this many. */
const mostLines = 12;
/** More processes than this are counted. */
const mostDots = 16;

type Dot = "●" | "◐" | "○" | "✕";

/** The progress of a rollout's processes, as numbers and as one line for each instance. */
export interface Bars {
  readonly lines: readonly string[];
  /** Processes that are done. */
  readonly done: number;
  /** Processes of the instances that have begun. */
  readonly all: number;
}

/** Draws the instances' reports: `●` is done, `◐` on its way, `○` as before, `✕` failed. */
export function bars(
  deploy: Deploy,
  reports: readonly InstanceRollout[],
  registered: readonly string[],
): Bars {
  const begun = reports.map((report) => ({ report, dots: dotsOf(deploy, report) }));
  const dots = begun.flatMap((it) => it.dots);
  const waiting = registered.filter((name) => !reports.some((it) => it.instance === name));
  const rows = [
    ...begun.map(({ report, dots: its }) => ({
      name: report.instance,
      dots: drawn(its),
      phase: report.phase,
    })),
    ...waiting.map((name) => ({ name, dots: "", phase: "waiting" as const })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    lines: drawnRows(rows),
    done: reports.reduce((sum, report) => sum + countDone(deploy, report), 0),
    all: dots.length,
  };
}

function dotsOf(deploy: Deploy, report: InstanceRollout): Dot[] {
  return Object.entries(report.processes)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, process]) => dotOf(deploy, report, process));
}

function dotOf(deploy: Deploy, report: InstanceRollout, process: ProcessReport): Dot {
  if (process.phase === "failed") return "✕";
  if (isProcessDone(deploy, report, process)) return "●";
  return ["serving", "waiting", "out"].includes(process.phase) ? "○" : "◐";
}

function drawn(dots: readonly Dot[]): string {
  if (dots.length <= mostDots) return dots.join("");
  const counted = (["●", "◐", "○", "✕"] as const).map(
    (dot) => [dot, dots.filter((it) => it === dot).length] as const,
  );
  return counted.flatMap(([dot, count]) => (count > 0 ? `${dot}${count}` : [])).join(" ");
}

interface Row {
  readonly name: string;
  readonly dots: string;
  readonly phase: InstanceRollout["phase"];
}

/**
 * A row for each instance; in a large fleet, rows for the active instances, and the others as a
 * count.
 */
function drawnRows(rows: readonly Row[]): string[] {
  const isQuiet = ({ phase }: Row) => phase === "done" || phase === "waiting" || phase === "halted";
  const visible = (rows.length <= mostLines ? rows : rows.filter((row) => !isQuiet(row))).slice(
    0,
    mostLines,
  );
  const width = Math.max(0, ...visible.map(({ name }) => name.length));
  const lines = visible.map(({ name, dots, phase }) =>
    [name.padEnd(width), dots, phase === "done" ? "" : phase].filter((it) => it !== "").join(" "),
  );
  const rest = rows.filter((row) => !visible.includes(row));
  if (rest.length === 0) return lines;
  const phases = [...new Set(rest.map(({ phase }) => phase))].sort();
  const counted = phases.map((it) => `${rest.filter(({ phase }) => phase === it).length} ${it}`);
  return [...lines, `and ${counted.join(", ")}`];
}
