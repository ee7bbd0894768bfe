// Preloaded into every node of a measured command; at its end each process records its usage.
import { appendFileSync } from "node:fs";

process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const used = { megabytes: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
  appendFileSync(process.env.SYNTH_USAGE, `${JSON.stringify(used)}\n`);
});
