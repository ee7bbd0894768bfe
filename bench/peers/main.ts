/** `make bench-peers`: the agent beside what people use instead, in one run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../local/region/region.ts";
import { measureFiles } from "../files/files.ts";
import { machineFacts } from "../machine.ts";
import { countRollouts, measureScale } from "../scale/scale.ts";
import { type Parameters, type Part, parseParameters } from "./parameters.ts";
import { measureRollouts } from "./rollouts.ts";
import { filesTable, rolloutsTable, scaleTable, writesTable } from "./tables.ts";

const parameters = parseParameters(process.argv.slice(2));
const startedAt = Date.now();
const minutes = () => Math.round((Date.now() - startedAt) / 6000) / 10;
const say = (line: string) => console.log(`${String(minutes()).padStart(4)} min  ${line}`);

/** A way that needs longer than this for its deploys ends with those that it has done. */
const longestSeconds = 180;
const writes = 10;

const parts: Readonly<Record<Part, (on: Parameters) => Promise<{ tables: string[] }>>> = {
  async rollouts(on) {
    const result = await measureRollouts({ ...on, longestSeconds }, on.ways, say);
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
  const loadAverageBefore = loadAverage();
  const { tables, ...result } = await parts[part](parameters);
  // Each part is kept when it is there: a run that is cut has what it measured.
  const measured = { machine: machineFacts(), loadAverageBefore, parameters, ...result };
  writeFileSync(file, `${JSON.stringify({ ...existing(), [part]: measured }, null, 2)}\n`);
  for (const table of tables) console.log(`\n${table}\n`);
}
say(`written to out/bench-peers.json`);

/** Of the last minute: whether the machine was at rest when a part began. */
function loadAverage(): number {
  return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
}

function existing(): object {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
}
