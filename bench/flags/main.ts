/** Node's flags for the agent, compared in one run: `npx tsx bench/flags/main.ts`; about 7 minutes. */
import { table } from "../peers/tables.ts";
import { measureFlags } from "./flags.ts";

const sets = [
  "",
  "--max-semi-space-size=1 --optimize-for-size",
  "--max-semi-space-size=1 --optimize-for-size --no-opt",
  "--max-semi-space-size=1 --optimize-for-size --no-opt --no-maglev",
  "--jitless",
];
const header = [
  "flags",
  "memory, MB",
  "processor a roll, s",
  "new ones serve, s",
  "p99 during, ms",
  "p99 steady, ms",
  "KV → file p50, ms",
  "p99, ms",
];
const results = await measureFlags(sets, console.log);
const rows = results.map((it) => [
  `\`${it.flags}\``,
  Math.round(it.megabytes),
  it.cpuSecondsPerRoll.toFixed(2),
  it.servedSeconds.toFixed(2),
  Math.round(it.p99DuringMs),
  Math.round(it.steadyP99Ms),
  it.fileP50Ms,
  it.fileP99Ms,
]);
console.log(`\n${table(header, rows)}`);
