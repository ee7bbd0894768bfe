/** `make bench-peers`: the agent beside its alternatives, in one run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock as clock } from "../../agent/linux/clock.ts";
import { checkout } from "../../local/host/region.ts";
import { machineFacts } from "../../local/load/machine.ts";
import { measureFiles } from "../files/files.ts";
import { countRollouts, measureScale } from "../scale/scale.ts";
import { atRest } from "./at-rest.ts";
import { goals } from "./goals.ts";
import { places } from "./pages.ts";
import { type Parameters, type Part, parseParameters } from "./parameters.ts";
import { measureRollouts } from "./rollouts.ts";
import type { Measured } from "./run.ts";
import { filesTable, goalsTable, rolloutsTable, scaleTable, writesTable } from "./tables.ts";

const parameters = parseParameters(process.argv.slice(2));
const startedAt = new Date();
const minutes = () => Math.round((Date.now() - startedAt.getTime()) / 6000) / 10;
const say = (line: string) => console.log(`${String(minutes()).padStart(4)} min  ${line}`);

const writes = 10;

const parts: Readonly<Record<Part, (on: Parameters) => Promise<{ tables: string[] }>>> = {
  async rollouts(on) {
    const result = await measureRollouts(on, on.ways, say);
    return { ...result, tables: [rolloutsTable(result)] };
  },
  async files({ watchers, changes }) {
    const changesOf = (count: number) => (count === 1 ? changes : Math.ceil(changes / 5));
    const results = await measureFiles(watchers, changesOf, say);
    return { results, tables: [filesTable(results)] };
  },
  async scale({ agents, idleSeconds, instances }) {
    const scale = await measureScale({ agents, writes, idleSeconds }, say);
    say("  rollouts are simulated, one instance at a time");
    const rollouts = await countRollouts(instances);
    return { ...scale, rollouts, tables: [scaleTable(scale), writesTable(rollouts)] };
  },
};

const file = join(checkout, "out", "bench-peers.json");
mkdirSync(join(checkout, "out"), { recursive: true });
for (const part of parameters.parts) {
  say(part);
  const loadAverageBefore = await atRest(loadAverage, { clock, say });
  const { tables, ...result } = await parts[part](parameters);
  const runAt = startedAt.toISOString();
  const circumstances = { runAt, machine: machineFacts(), loadAverageBefore, parameters };
  // Each part is written when it is done, so that an interrupted run keeps its figures.
  const all = { ...existing(), [part]: { ...circumstances, ...result } };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  for (const table of tables) console.log(`\n${table}\n`);
}
const measured = existing();
console.log(`\n${goalsTable(goals(measured))}\n`);
const plan = places.find(({ name }) => name === "plan")?.text(measured);
if (plan) console.log(`\n${plan}\n`);
say("written to out/bench-peers.json; npx tsx bench/peers/fill-pages.ts puts it on the pages");

/** The last minute's, which shows whether the machine is at rest. */
function loadAverage(): number {
  return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
}

function existing(): Measured {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Measured) : {};
}
