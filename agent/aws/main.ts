import { writeFileSync } from "node:fs";
import { systemClock } from "../linux/clock.ts";
import { exec } from "../linux/exec.ts";
import { type FetchContext, fetchRelease } from "../release/fetch.ts";
import { syncTree } from "../release/sync-tree.ts";
import { answerParent } from "./child.ts";
import { completeHook, extendHook, type HookAnswer, type WaitingHook } from "./lifecycle-hook.ts";
import { type S3Access, s3Objects } from "./s3.ts";
import { readSecrets } from "./secrets.ts";
import type { SendContext } from "./send-spans.ts";

/**
 * `aws.js <verb>`: the work that needs the AWS SDK or OpenTelemetry, in a program of its own. The
 * agent starts it for each piece of work and so stays small (child.ts).
 */
const verbs: Readonly<Record<string, () => Promise<void>>> = {
  fetch: () =>
    answerParent((input: Pick<FetchContext, "release" | "releasesFolder" | "isInUse">) =>
      fetchRelease({
        ...input,
        open: s3Objects(s3Access(process.env)),
        sleep: systemClock.sleep,
        sync: (folder) => syncTree(exec, input.release, folder),
      }),
    ),
  "complete-hook": () => answerParent((answer: HookAnswer) => completeHook(answer)),
  "extend-hook": () => answerParent((waiting: WaitingHook) => extendHook(waiting)),
  resolve: () => answerParent((references: readonly string[]) => readSecrets(references)),
  trace: () =>
    answerParent(async (input: SendContext) => {
      // Loaded here, because a download, which a deploy waits for, does not need it.
      const { sendSpans } = await import("./send-spans.ts");
      await sendSpans(input);
    }),
};

/** Reads the variables that user data wrote into `agent.env`. */
function s3Access(env: NodeJS.ProcessEnv): S3Access {
  const accessKeyId = env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY;
  return {
    region: env.AWS_REGION ?? "",
    endpoint: env.AWS_ENDPOINT_URL,
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  };
}

/** OOM score: the kernel kills this program before the agent, whose score it would inherit. */
const firstToEnd = 500;

writeFileSync("/proc/self/oom_score_adj", String(firstToEnd));
void verbs[process.argv[2] ?? ""]?.();
