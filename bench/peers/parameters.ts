import { parseArgs } from "node:util";
import { Problem } from "../../lib/problem.ts";

/** The parts that `make bench-peers` measures, and their sizes. */
export interface Parameters {
  /** Deploys of each way. @default 20 */
  readonly deploys: number;
  /** Rate of the load. @default 600 */
  readonly requestsPerSecond: number;
  /** Time under load before the first deploy, for each way. @default 20 */
  readonly steadySeconds: number;
  /** Parts to measure: rollouts, files, scale. @default all */
  readonly parts: readonly Part[];
  /** Ways to measure, by a part of their names. @default all */
  readonly ways: readonly string[];
  /** Changes of the key for one watcher; a fifth of them for many. @default 100 */
  readonly changes: number;
  /** Watchers of a file. @default 1 and 50 */
  readonly watchers: readonly number[];
  /** Simulated agents. @default 2000 */
  readonly agents: number;
  /** Time without a write; about one long poll. @default 58 */
  readonly idleSeconds: number;
  /** Sizes of the simulated rollouts; the plan uses the last. @default 8 and 64 */
  readonly instances: readonly number[];
}

export type Part = (typeof allParts)[number];
const allParts = ["rollouts", "files", "scale"] as const;

const defaults = {
  deploys: "20",
  rate: "600",
  steady: "20",
  parts: allParts.join(","),
  ways: "",
  changes: "100",
  watchers: "1,50",
  agents: "2000",
  idle: "58",
  instances: "8,64",
};

/**
 * Reads `--deploys 3 --parts rollouts --ways shoestring,pm2` and the like.
 *
 * @throws Problem that names the options.
 */
export function parseParameters(argv: readonly string[]): Parameters {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]),
  ) as Record<keyof typeof defaults, { type: "string"; default: string }>;
  let values: Record<keyof typeof defaults, string>;
  try {
    values = parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    throw wrongUse(String((cause as Error).message));
  }
  const list = (text: string) => text.split(",").filter(Boolean);
  const number = (name: string, text: string) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw wrongUse(`--${name} is ${text}`);
    return value;
  };
  const parts = list(values.parts);
  const unknown = parts.find((part) => !allParts.includes(part as Part));
  if (unknown !== undefined) throw wrongUse(`there is no part ${unknown}`);
  return {
    deploys: number("deploys", values.deploys),
    requestsPerSecond: number("rate", values.rate),
    steadySeconds: number("steady", values.steady),
    parts: parts as Part[],
    ways: list(values.ways),
    changes: number("changes", values.changes),
    watchers: list(values.watchers).map((text) => number("watchers", text)),
    agents: number("agents", values.agents),
    idleSeconds: number("idle", values.idle),
    instances: list(values.instances).map((text) => number("instances", text)),
  };
}

const wrongUse = (happened: string) =>
  new Problem({
    happened,
    unchanged: "nothing was measured",
    next: `whole numbers from 1, lists with commas; the defaults: ${Object.entries(defaults)
      .map(([name, value]) => `--${name} ${value || "(all)"}`)
      .join(" ")}`,
  });
