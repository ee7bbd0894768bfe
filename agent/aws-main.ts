import { openS3Object, readSecret } from "./linux/aws.ts";
import { systemClock } from "./linux/clock.ts";
import { exec } from "./linux/exec.ts";
import { answerParent } from "./release/child.ts";
import { type Fetching, fetchRelease } from "./release/fetch.ts";

/**
 * `aws.js <verb>`: what needs the AWS SDK, in a program of its own, so that the agent, which
 * starts it for each piece of work, stays small (child.ts).
 */
const verbs: Readonly<Record<string, () => Promise<void>>> = {
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

void verbs[process.argv[2] ?? ""]?.();
