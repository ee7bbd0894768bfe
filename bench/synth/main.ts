/** Measures the synth alone, and writes the field `synth` of out/bench.json. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { synthBench } from "./synth.ts";

const out = fileURLToPath(new URL("../../out", import.meta.url));
const file = join(out, "bench.json");

console.log("synth");
const synth = await synthBench((line) => console.log(line));
mkdirSync(out, { recursive: true });
writeFileSync(file, `${JSON.stringify({ ...existing(), synth }, null, 2)}\n`);
const { machine, tenClusters, ratio } = synth;
console.table({
  "10 clusters, s": { measured: tenClusters.seconds, target: 4 },
  "10 clusters, MB": { measured: tenClusters.megabytes, target: 350 },
  "20 clusters / 10": { measured: ratio, target: 2.2 },
});
console.log(`${machine.cores} cores, ${machine.memoryGiB} GiB, node ${machine.node}`);

function existing(): object {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}
