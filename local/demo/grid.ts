import type { ProcessReport } from "../../protocol/documents.ts";

/** The demo's picture of one moment. */
export interface Scene {
  /** The current step, in a few words. */
  readonly act: string;
  readonly elapsedSeconds: number;
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly lost: number;
  /** Processes of each instance, by instance, then by number. */
  readonly instances: Readonly<Record<string, Readonly<Record<string, ProcessReport>>>>;
}

const cellWidth = 26;

/** The scene as lines: instances down, processes across, each with its release and phase. */
export function renderGrid(scene: Scene): string[] {
  const instances = Object.entries(scene.instances).sort(([a], [b]) => a.localeCompare(b));
  const processes = Math.max(0, ...instances.map(([, p]) => Object.keys(p).length));
  const header = Array.from({ length: processes }, (_, i) => `process ${i + 1}`.padEnd(cellWidth));
  const rows = instances.map(([name, reports]) => {
    const cells = Object.keys(reports)
      .sort((a, b) => Number(a) - Number(b))
      .map((n) => cell(reports[n] as ProcessReport));
    return `  ${name.padEnd(8)}${cells.join("")}`.trimEnd();
  });
  return [
    statusLine(scene),
    "",
    ...(rows.length > 0 ? [`  ${"".padEnd(8)}${header.join("")}`.trimEnd(), ...rows] : []),
  ];
}

/** The scene in one line, for an output that is no terminal. */
export function statusLine(scene: Scene): string {
  const { act, elapsedSeconds, requestsPerSecond, requests, lost } = scene;
  const load =
    requests > 0 ? ` | ${requestsPerSecond} requests/s, ${requests} so far, ${lost} lost` : "";
  return `${elapsedSeconds.toFixed(0).padStart(4)} s  ${act}${load}`;
}

const mark: Readonly<Record<string, string>> = { serving: "●", failed: "✗", out: "○" };

function cell({ release, phase }: ProcessReport): string {
  const text = `${mark[phase] ?? "◐"} ${release} ${phase === "serving" ? "" : phase}`;
  return text.slice(0, cellWidth - 1).padEnd(cellWidth);
}
