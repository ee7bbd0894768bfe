import { Problem } from "../protocol/problem.ts";
import { boot } from "./boot.ts";
import { leave } from "./leave.ts";
import { systemClock } from "./linux/clock.ts";
import { jsonLog } from "./linux/log.ts";
import { run } from "./run.ts";

/** `agent.js <verb>`: each is a unit of the agent's role. */
const verbs: Readonly<Record<string, () => Promise<void>>> = {
  boot,
  run,
  leave: () => leave(systemClock),
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
