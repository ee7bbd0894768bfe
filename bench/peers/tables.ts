import type { FilesResult } from "../files/files.ts";
import { type Plan, planRows } from "../scale/plan.ts";
import type { RolloutWrites, ScaleResult } from "../scale/scale.ts";
import { restingLoad } from "./at-rest.ts";
import type { Goal } from "./goals.ts";
import type { WayResult } from "./measure.ts";
import type { RolloutsResult } from "./rollouts.ts";
import type { Circumstances } from "./run.ts";

/** The time, the machine and the load average of a table's measurement. */
export function caption({ runAt, machine, loadAverageBefore }: Circumstances): string {
  const { cores, memoryGiB, kernel, node } = machine;
  const rest = loadAverageBefore < restingLoad ? "" : ": **not at rest**";
  return `Measured in the run of ${runAt.slice(0, 10)}, ${runAt.slice(11, 16)} UTC, on ${cores} cores, ${memoryGiB} GiB, kernel ${kernel}, node ${node}; load average before it ${loadAverageBefore}${rest}.`;
}

/** The tables of bench/README.md and of docs/ten-thousand-instances.md, as Markdown. */
export function rolloutsTable({ floorSeconds, ways }: RolloutsResult): string {
  const row = (way: WayResult) => [
    way.name,
    `${way.lost} of ${way.requests}`,
    way.late,
    way.deploys,
    (way.servedSeconds / floorSeconds).toFixed(2),
    (way.endedSeconds / floorSeconds).toFixed(2),
    Math.round(way.steadyP99Ms),
    Math.round(way.p99Ms),
    (way.p99Ms / way.steadyP99Ms).toFixed(1),
    (way.worstP99Ms / way.steadyP99Ms).toFixed(1),
    Object.entries(way.memoryMegabytes)
      .map(([what, megabytes]) => `${what} ${Math.round(megabytes)}`)
      .join(", ") || "none stays",
  ];
  return table(
    [
      "way",
      "lost",
      "not sent",
      "deploys",
      "new ones serve ÷ floor",
      "old ones gone ÷ floor",
      "p99 steady, ms",
      "p99 during, ms",
      "during ÷ steady",
      "worst ÷ steady",
      "memory, MB",
    ],
    ways.map(row),
  );
}

export function filesTable(results: readonly FilesResult[]): string {
  return table(
    ["tool", "KV → file", "watchers", "p50, ms", "p99, ms", "memory of one, MB"],
    results.map(({ tool, what, watchers, p50Ms, p99Ms, megabytes }) => [
      tool,
      what,
      watchers,
      p50Ms,
      p99Ms,
      Math.round(megabytes),
    ]),
  );
}

export function scaleTable(scale: ScaleResult): string {
  return table(
    ["figure", "value"],
    [
      ["agents", scale.agents],
      ["told after a write: p50, p99, ms", `${scale.deliveryP50Ms}, ${scale.deliveryP99Ms}`],
      [
        "the last one told: median, worst, ms",
        `${scale.lastDeliveryMs}, ${scale.worstLastDeliveryMs}`,
      ],
      ["server's processor time for a write, ms", scale.serverCpuMsPerWrite],
      [
        "server's memory without and with them, MB",
        `${Math.round(scale.serverMegabytesBefore)}, ${Math.round(scale.serverMegabytes)}`,
      ],
      ["requests a second while nothing is written", scale.idle.requestsPerSecond],
      ["server's processor while nothing is written, %", scale.idle.serverCpuPercent],
      ["requests without an answer", scale.failed],
      ["transactions a second, without them", scale.writesPerSecond],
    ],
  );
}

export function writesTable(rollouts: readonly RolloutWrites[]): string {
  return table(
    ["instances", "writes", "writes an instance", "refused", "sessions", "reads", "reports read"],
    rollouts.map(({ instances, requests }) => [
      instances,
      requests.writes,
      (requests.writes / instances).toFixed(1),
      requests.refused,
      requests.sessions,
      requests.reads,
      requests.reports,
    ]),
  );
}

export const goalsTable = (goals: readonly Goal[]): string =>
  table(
    ["goal", "measured", "met"],
    goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? "yes" : "**no**"]),
  );

export const planTable = (plan: Plan): string =>
  table(["row", "figure", "measured", "grows with", "at 10,000"], planRows(plan));

export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
