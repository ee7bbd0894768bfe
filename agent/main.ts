import { Problem } from "../protocol/problem.ts";
import { boot } from "./boot.ts";
import { leave } from "./leave.ts";
import { openS3Object, readSecret } from "./linux/aws.ts";
import { systemClock } from "./linux/clock.ts";
import { exec } from "./linux/exec.ts";
import { jsonLog } from "./linux/log.ts";
import { answerParent } from "./release/child.ts";
import { type Fetching, fetchRelease } from "./release/fetch.ts";
import { run } from "./run.ts";

/** `agent.js <verb>`: units call boot, run and leave; the agent itself calls fetch and resolve. */
const verbs: Readonly<Record<string, () => Promise<void>>> = {
  boot,
  run,
  leave: () => leave(systemClock),
  fetch: () =>
    answerParent((input: Pick<Fetching, "release" | "releasesFolder">) =>
      fetchRelease({
        ...input,
        open: openS3Object,
        sleep: systemClock.sleep,
        sync: async (folder) => void (await exec("sync", ["-f", folder])),
      }),
    ),
  resolve: () =>
    answerParent(async (references: readonly string[]) =>
      Object.fromEntries(
        await Promise.all(references.map(async (r) => [r, await readSecret(r)] as const)),
      ),
    ),
};

const verb = verbs[process.argv[2] ?? ""];
if (!verb) {
  process.stderr.write(`usage: agent.js ${Object.keys(verbs).join("|")}\n`);
  process.exit(2);
}
verb().catch((error: unknown) => {
  const parts = error instanceof Problem ? { ...error } : { happened: String(error) };
  jsonLog("agent.failed", parts);
  process.exit(1);
});
