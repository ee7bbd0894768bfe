import { ConsulAway } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import { type Deploy, DocumentUnusable } from "../../protocol/documents.ts";
import { readPause } from "../../protocol/pauses.ts";
import { readProgress } from "../../protocol/status.ts";
import type { Context, Options } from "../core/context.ts";
import type { WaitFor } from "../core/wait-option.ts";
import { readDrained, waitLines } from "./drained.ts";
import { bar } from "./progress.ts";
import { countOf, eventsBetween, isOver, lineOf, type Seen } from "./rollout-events.ts";
import { heldLine, readHold, readStand, type Stand } from "./stand.ts";

/** Longest blocking read: a pause, or a deploy that replaces this one, is noticed after it. */
const longestWaitSeconds = 5;

/** Wait between two tries while Consul is away. */
const retryMs = 500;

/** The outcome of a deploy that a command waited for. */
export type Outcome = WaitFor | "failed" | "halted" | "rolled back" | "replaced" | "not ended";

/** An outcome other than success. */
class Ended extends Error {
  readonly outcome: Outcome;
  readonly problem: Problem;

  constructor(outcome: Outcome, problem: Problem) {
    super(problem.message);
    this.outcome = outcome;
    this.problem = problem;
  }
}

/**
 * Follows a deploy until it ends: one line for each change, with a bar of its processes. With
 * `--json` each line is a document; the last one's `event` is `outcome`.
 *
 * @returns 0, the exit code, when the rollout is done, or serves where `--wait serving` asks for
 * that.
 * @throws Problem when it failed, was replaced or rolled back, or did not end in time.
 */
export async function follow(
  context: Context,
  deploy: Deploy,
  options: Pick<Options, "timeoutSeconds" | "json" | "wait">,
): Promise<number> {
  const { consul, out, say } = context;
  const { wait = "done" } = options;
  const { service, revision, release } = deploy;
  const printJson = (document: object) => {
    if (options.json) out(JSON.stringify({ service, revision, release: release.id, ...document }));
  };
  const stopListening = context.onInterrupt?.(() => {
    const next = `shoestring status ${service}`;
    printJson({ event: "outcome", outcome: "not ended" satisfies Outcome, next });
    say(`the deploy goes on without anybody waiting; see: ${next}`);
  });
  try {
    await untilEnded(context, deploy, { ...options, wait }, printJson);
    const hold = await unlessAway(() => readHold(consul, service));
    printJson({ event: "outcome", outcome: wait satisfies Outcome, ...(hold ? { hold } : {}) });
    if (hold && !options.json) say(heldLine(service, hold));
    return 0;
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    const { outcome, problem } = error;
    const { happened, unchanged, next } = problem;
    printJson({ event: "outcome", outcome, happened, unchanged, next });
    throw problem;
  } finally {
    stopListening?.();
  }
}

/** @throws Ended for every other outcome than the awaited one. */
async function untilEnded(
  context: Context,
  deploy: Deploy,
  {
    timeoutSeconds,
    json,
    wait,
  }: Pick<Options, "timeoutSeconds" | "json"> & { readonly wait: WaitFor },
  printJson: (document: object) => void,
): Promise<void> {
  const { consul, say } = context;
  const { service, revision } = deploy;
  const secondsLeft = deadlineIn(context, timeoutSeconds);
  let index = 0;
  let last: Seen | undefined;
  let away = false;
  let lastLine = "nothing";
  let isNewerSeen = false;
  for (;;) {
    const waitSeconds = waitFor(secondsLeft());
    const read = await unlessAway(() => look(context, deploy, { index, waitSeconds }));
    if (!read && !away) {
      if (json) printJson({ event: "consul away" });
      else say("Consul is away; waiting for it");
    }
    away = !read;
    index = read?.index ?? 0;
    if (read) {
      const count = countOf(deploy, read.seen);
      for (const event of eventsBetween(last, read.seen)) {
        lastLine = lineOf(deploy, event);
        if (json) printJson({ ...event, processes: count });
        else say(`${lastLine}  ${bar(count)}`.trimEnd());
      }
      last = read.seen;
    }
    const phase = read?.seen.progress.rollout?.phase;
    if (phase === "done" || (phase === "watching" && wait === "serving")) return;
    const newest = (await unlessAway(() => readDeploy(consul, service)))?.deploy;
    const newer = newest && newest.revision > revision ? newest : undefined;
    if (read && phase && isOver(phase)) {
      throw notDone(deploy, read.seen, newer, await readStand(consul, deploy));
    }
    if (newer && isNewerSeen) throw replaced(deploy, newer);
    if (newer) {
      // Its end may have been written together with the newer deploy, after this read: read once
      // more.
      isNewerSeen = true;
      index = 0;
    }
    if (secondsLeft() <= 0) throw tooLate(deploy, timeoutSeconds, lastLine, last);
  }
}

/** Reads everything that is shown of a rollout at once; waits for a change of its reports. */
async function look(
  { consul, now }: Context,
  { service, revision }: Deploy,
  wait: { index: number; waitSeconds: number },
): Promise<{ seen: Seen; index: number }> {
  const { index, ...progress } = await readProgress(consul, service, revision, wait);
  const [pause, instances] = await Promise.all([
    readPause(consul, service),
    consul.serviceInstances(service),
  ]);
  const names = instances.map(({ name }) => name);
  const drained = await readDrained(consul, names, now());
  return { index, seen: { progress, registered: names.length, pause, drained } };
}

/** Seconds until a deadline that begins now. */
export function deadlineIn({ now }: Pick<Context, "now">, seconds: number): () => number {
  const deadline = now().getTime() + seconds * 1000;
  return () => (deadline - now().getTime()) / 1000;
}

/** Longest wait of a blocking read. Whole seconds from 1: Consul takes 0 for five minutes. */
export const waitFor = (secondsLeft: number) =>
  Math.max(1, Math.min(longestWaitSeconds, Math.ceil(secondsLeft)));

/**
 * Reads, and returns undefined after a pause where Consul is away or the document is invalid: a
 * leader election is not a failure, and an invalid document decides nothing.
 */
export async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConsulAway || error instanceof DocumentUnusable)) throw error;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    return undefined;
  }
}

/**
 * @param newer the current deploy, where it is another one.
 * @param stand undefined where nobody knows it.
 */
function notDone(
  deploy: Deploy,
  { progress }: Seen,
  newer: Deploy | undefined,
  stand: Stand | undefined,
): Ended {
  const { rollout, instances } = progress;
  const phase = rollout?.phase === "halted" ? "halted" : "failed";
  const reasons = instances.flatMap(({ instance, error }) =>
    error ? [`${instance}: ${error}`] : [],
  );
  if (reasons.length === 0 && rollout?.reason) reasons.push(rollout.reason);
  const why = reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
  const untouched = stand?.isBeforeFailed ? beforeFailed : unrolled;
  const unchanged = rollout?.servedAt === undefined ? untouched : served;
  const happened = `${deploy.release.id} is ${phase}${why}`;
  if (newer?.kind === "rollback") return rolledBack(deploy, happened, newer, unchanged);
  return new Ended(
    phase,
    new Problem({
      happened,
      unchanged,
      next: nextOf(deploy, stand),
    }),
  );
}

/** Where nothing else was good before, a rollback has no release to go to. */
function nextOf({ service }: Deploy, stand: Stand | undefined): string {
  const look = `shoestring status ${service}`;
  if (stand?.hasWayBack !== false) return `${look}; back with: shoestring rollback ${service}`;
  const again = `when the cause is gone: shoestring restart ${service} --wait`;
  return stand.hold
    ? `${look}; ${service} is held; ${again}; for another release: shoestring unhold ${service}, then push it`
    : `${look}; ${again}; for another release: push it`;
}

const beforeFailed =
  "no process was touched; the step before the release may have done a part of its work";
const unrolled =
  "what had not rolled keeps its release; what did not pass its probes got no request";
const served = "it served everywhere; what a process had in hand when it ended by itself is lost";

function rolledBack(
  { service, release }: Deploy,
  happened: string,
  back: Deploy,
  unchanged = unrolled,
): Ended {
  const to = `it is being rolled back to ${back.release.id} by ${back.by} (revision ${back.revision})`;
  // An agent's reason already contains the failure.
  const containsFailure = back.reason.startsWith(`${release.id} failed: `);
  return new Ended(
    "rolled back",
    new Problem({
      happened: containsFailure ? `${back.reason}; ${to}` : `${happened}; ${to}: ${back.reason}`,
      unchanged,
      next: `shoestring status ${service}; when the cause is gone: shoestring unhold ${service}`,
    }),
  );
}

function replaced(deploy: Deploy, newer: Deploy): Ended {
  const { service, revision } = deploy;
  if (newer.kind === "rollback") {
    return rolledBack(deploy, `revision ${revision} of ${service} has not ended`, newer);
  }
  return new Ended(
    "replaced",
    new Problem({
      happened: `revision ${revision} of ${service} was replaced by revision ${newer.revision} (${newer.kind} of ${newer.release.id} by ${newer.by})`,
      unchanged: "the newer deploy goes on",
      next: `shoestring status ${service}`,
    }),
  );
}

const tooLate = ({ service }: Deploy, seconds: number, lastLine: string, last: Seen | undefined) =>
  new Ended(
    "not ended",
    new Problem({
      happened: [
        `the rollout has not ended after ${seconds} s; last seen: ${lastLine}`,
        ...waitLines(last?.progress.instances ?? []),
      ].join("; "),
      unchanged: "it goes on without anybody waiting",
      next: `shoestring status ${service}`,
    }),
  );
