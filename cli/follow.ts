import { ConsulAway } from "../protocol/consul.ts";
import { readDeploy } from "../protocol/deploys.ts";
import type { Deploy, RolloutPhase } from "../protocol/documents.ts";
import { Problem } from "../protocol/problem.ts";
import { type Progress, readProgress } from "../protocol/status.ts";
import type { Context, Options } from "./context.ts";

const ended: readonly RolloutPhase[] = ["done", "failed", "halted"];

/** Longest blocking read: a deploy that replaces this one is noticed after it. */
const longestWaitSeconds = 5;

/** Between two tries while Consul is away. */
const pauseMs = 500;

/**
 * Follows a deploy until it ended, one line a change.
 *
 * @returns 0, the exit code, when the rollout is done.
 * @throws Problem when it failed, was replaced, or has not ended in time.
 */
export async function follow(
  context: Context,
  deploy: Deploy,
  { timeoutSeconds }: Pick<Options, "timeoutSeconds">,
): Promise<number> {
  const { consul, say } = context;
  const { service, revision } = deploy;
  const secondsLeft = deadlineIn(context, timeoutSeconds);
  let index = 0;
  let said = "";
  for (;;) {
    const waitSeconds = waitFor(secondsLeft());
    const progress = await unlessAway(() =>
      readProgress(consul, service, revision, { index, waitSeconds }),
    );
    index = progress?.index ?? 0;
    const line = progress ? progressLine(deploy, progress) : "Consul is away; waiting for it";
    if (line !== said) say(line);
    said = line;
    const phase = progress?.rollout?.phase;
    if (phase === "done") return 0;
    if (progress && phase && ended.includes(phase)) throw notDone(deploy, progress);
    const newest = (await unlessAway(() => readDeploy(consul, service)))?.deploy;
    if (newest && newest.revision > revision) throw superseded(deploy, newest);
    if (secondsLeft() <= 0) throw tooLate(deploy, timeoutSeconds, said);
  }
}

/** Seconds until a deadline that begins now. */
export function deadlineIn({ now }: Pick<Context, "now">, seconds: number): () => number {
  const deadline = now().getTime() + seconds * 1000;
  return () => (deadline - now().getTime()) / 1000;
}

/** How long a blocking read may wait. Whole seconds from 1: Consul takes 0 for five minutes. */
export const waitFor = (secondsLeft: number) =>
  Math.max(1, Math.min(longestWaitSeconds, Math.ceil(secondsLeft)));

/** What was read; undefined, after a pause, where Consul is away: an election is no failure. */
export async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConsulAway)) throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return undefined;
  }
}

/** `web-2-abc: rolling, web-1 4/4, web-2 1/4 probing`. */
export function progressLine(deploy: Deploy, { rollout, instances }: Progress): string {
  const each = instances.map(({ instance, phase, processes }) => {
    const all = Object.values(processes);
    const serving = all.filter((p) => p.release === deploy.release.id && p.phase !== "out");
    const done = phase === "done" ? all.length : serving.length;
    return `${instance} ${phase}${deploy.kind === "restart" ? "" : ` ${done}/${all.length}`}`;
  });
  const phase = rollout?.phase ?? "announced";
  return `${deploy.release.id} (${deploy.kind}, revision ${deploy.revision}): ${[phase, ...each].join(", ")}`;
}

function notDone(deploy: Deploy, { rollout, instances }: Progress): Problem {
  const reasons = instances.flatMap(({ instance, error }) =>
    error ? [`${instance}: ${error}`] : [],
  );
  return new Problem({
    happened: `${deploy.release.id} is ${rollout?.phase}${reasons.length > 0 ? `: ${reasons.join("; ")}` : ""}`,
    unchanged: "what had not rolled keeps its release; no request was lost",
    next: `shoestring status ${deploy.service}; back with: shoestring rollback ${deploy.service}`,
  });
}

function superseded(deploy: Deploy, newest: Deploy): Problem {
  return new Problem({
    happened: `revision ${deploy.revision} of ${deploy.service} was replaced by revision ${newest.revision} (${newest.kind} of ${newest.release.id} by ${newest.by})`,
    unchanged: "the newer deploy goes on",
    next: `shoestring status ${deploy.service}`,
  });
}

function tooLate(deploy: Deploy, seconds: number, last: string): Problem {
  return new Problem({
    happened: `the rollout has not ended after ${seconds} s; last seen: ${last}`,
    unchanged: "it goes on without anybody waiting",
    next: `shoestring status ${deploy.service}`,
  });
}
