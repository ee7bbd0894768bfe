import { Problem } from "../lib/problem.ts";
import { boot } from "./boot.ts";
import { readAgentFile } from "./config-files.ts";
import { deregister } from "./instance/deregister.ts";
import { systemClock as clock } from "./linux/clock.ts";
import { fileHealthCheck as healthCheck } from "./linux/health-check.ts";
import { jsonLog } from "./linux/log.ts";
import { run } from "./run.ts";

/** `agent.js <verb>`: each verb is a unit of the agent's role. */
const verbs: Readonly<Record<string, () => Promise<void>>> = {
  boot,
  run,
  leave: async () => deregister({ clock, healthCheck }, (await readAgentFile()).deregisterSeconds),
};

const verb = verbs[process.argv[2] ?? ""];
if (!verb) {
  process.stderr.write(`usage: agent.js ${Object.keys(verbs).join("|")}\n`);
  process.exit(2);
}
verb().catch((error: unknown) => {
  const { happened, unchanged, next } =
    error instanceof Problem
      ? error
      : { happened: String(error), unchanged: undefined, next: undefined };
  jsonLog("agent.failed", { happened, unchanged, next });
  process.exit(1);
});
