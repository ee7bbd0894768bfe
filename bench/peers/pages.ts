import { goals } from "./goals.ts";
import type { Measured } from "./run.ts";
import { caption, filesTable, goalsTable, planTable, rolloutsTable } from "./tables.ts";

/** A place on a page that a run's figures fill, between its two marks. */
export interface Place {
  readonly page: "bench/README.md" | "docs/ten-thousand-instances.md";
  readonly name: string;
  /** @returns undefined if the run lacks a part of it. */
  readonly text: (measured: Measured) => string | undefined;
}

export const places: readonly Place[] = [
  {
    page: "bench/README.md",
    name: "goals",
    text: (measured) => {
      const { rollouts, files, scale } = measured;
      return rollouts && files && scale && goalsTable(goals(measured));
    },
  },
  {
    page: "bench/README.md",
    name: "rollouts",
    text: ({ rollouts }) =>
      rollouts &&
      `${caption(rollouts)}\nThe floor is ${rollouts.floorSeconds.toFixed(1)} s.\n\n${rolloutsTable(rollouts)}`,
  },
  {
    page: "bench/README.md",
    name: "files",
    text: ({ files }) => files && `${caption(files)}\n\n${filesTable(files.results)}`,
  },
  {
    page: "docs/ten-thousand-instances.md",
    name: "plan",
    text: ({ rollouts, scale }) => {
      const ours = rollouts?.ways.find(({ name }) => name === "shoestring");
      const rollout = scale?.rollouts.at(-1);
      if (!rollouts || !scale || !ours || !rollout) return undefined;
      const table = planTable({ scale, rollout, rollSeconds: ours.endedSeconds });
      return `${caption(scale)}\nO: ${caption(rollouts)}\n\n${table}`;
    },
  },
];

const marks = (name: string) =>
  [`<!-- bench-peers: ${name} -->`, `<!-- end of ${name} -->`] as const;

/** The text at a place. @throws Error if the page has no such place. */
export function currentText(page: string, name: string): string {
  const [begin, end] = marks(name);
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the page has no place ${begin} … ${end}`);
  return page.slice(from + begin.length, to);
}

/** The page with a text at a place. @throws Error if it has no such place. */
export function fill(page: string, name: string, text: string): string {
  const before = currentText(page, name);
  const [begin, end] = marks(name);
  return page.replace(`${begin}${before}${end}`, () => `${begin}\n${text}\n${end}`);
}
