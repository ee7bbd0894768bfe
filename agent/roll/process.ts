import { describe, happening, Problem } from "../../lib/problem.ts";
import type { TimedStep } from "../../protocol/documents.ts";
import { readyBy, speaksHttp } from "../../protocol/process-settings.ts";
import { otherSide, type ServiceFile, workerPort } from "../../protocol/service-file.ts";
import type { Environment, Launch, Place } from "../core/effects.ts";
import { launchOfProcess } from "../core/launch.ts";
import type { Move } from "../core/state.ts";
import { timed } from "../core/timed.ts";
import { readyPath } from "../linux/folders.ts";
import type { Context } from "./context.ts";
import { converge, endMove, journalStep } from "./converge.ts";
import { stillHealthy } from "./probe.ts";
import { newPlace, type ProcessRoll, type Step, strategyOf, undoStep } from "./steps.ts";

/** The release and environment that every process is to serve. */
export interface Target {
  readonly releaseId: string;
  readonly environmentId: string;
  readonly launch: Launch;
  readonly environment: Environment;
}

/** A process that waited longer than this since it was healthy is probed once more. */
const freshMs = 50;

/** A process that was booted ahead: healthy, or about to be. It does not serve. */
export interface Ready {
  readonly roll: ProcessRoll;
  /** Resolves when it is healthy, with that monotonic time. */
  readonly healthy: Promise<number>;
}

/** Options of `serveProcess`. */
export interface Serve {
  readonly ready?: Ready | undefined;
  /** Called when the new process has given its first good answer. */
  readonly onAnswer: () => void;
}

function processRoll({ service, journal }: Context, n: number, target: Target): ProcessRoll {
  const from = journal.current().serving[n];
  const side = from ? otherSide(from.side) : "a";
  return {
    n,
    from,
    to: { side, release: target.releaseId, environmentId: target.environmentId },
    contents: {
      releaseId: target.releaseId,
      command: launchOfProcess(service, target.launch, n).command,
      environment: environmentOf(service, { n, side }, target),
    },
  };
}

/** The config of a process, then the agent's variables: last, so that no config can hide them. */
function environmentOf(service: ServiceFile, place: Place, target: Target): Environment {
  const { n } = place;
  const port = { PORT: String(workerPort(service, n, place.side)) };
  return {
    ...target.environment,
    ...(speaksHttp(service, n) ? port : {}),
    ...(readyBy(service, n) === "file" ? { READY_FILE: readyPath(service.service, place) } : {}),
    SHOESTRING_RELEASE: target.releaseId,
    SHOESTRING_PROCESS: String(n),
  };
}

/**
 * Brings a process to serve the target.
 *
 * @throws Problem when it does not; then it is put back.
 */
export async function serveProcess(
  context: Context,
  n: number,
  target: Target,
  { ready, onAnswer }: Serve,
): Promise<ProcessRoll> {
  const roll = ready?.roll ?? { ...processRoll(context, n, target), onAnswer };
  try {
    if (ready) {
      const healthyAtMs = await ready.healthy;
      const waitedMs = context.clock.monotonicMs() - healthyAtMs;
      if (waitedMs > freshMs) await stillHealthy(context, newPlace(roll), roll.to.release);
    } else await makeReady(context, roll);
    await commit(context, roll);
  } catch (cause) {
    const putBackError = await putBack(context, roll);
    context.report(roll.n, "failed", happening(cause));
    throw rollFailed(context, roll, cause, putBackError);
  }
  // From here on the state says that the new process serves; the old one is still to be retired.
  const serving = context.journal.change((state) => ({
    ...state,
    serving: { ...state.serving, [roll.n]: roll.to },
  }));
  writeInBackground(context, serving); // after a kill the committed move says the same
  context.report(roll.n, "serving");
  return roll;
}

/** Boots a process ahead of its batch; the caller serves or undoes it. */
export function bootProcess(context: Context, n: number, target: Target, stop: AbortSignal): Ready {
  const roll = { ...processRoll(context, n, target), stop };
  const healthy = makeReady(context, roll).then(() => context.clock.monotonicMs());
  healthy.catch(() => undefined); // whoever awaits it reports the error
  return { roll, healthy };
}

/** Undoes the boot of a process whose batch does not come. Never rejects. */
export async function undoBoot(context: Context, { roll, healthy }: Ready): Promise<void> {
  await healthy.catch(() => undefined);
  await putBack(context, roll);
  context.report(roll.n, roll.from ? "serving" : "out");
}

/** Runs all steps of a process but its commitment. */
async function makeReady(context: Context, roll: ProcessRoll): Promise<void> {
  const { serve } = strategyOf(context.service, roll.n);
  for (const step of serve.slice(0, -1)) {
    roll.stop?.throwIfAborted();
    const journalled = journalStep(context, roll.n, { to: roll.to, step: step.name });
    // The first step waits until the disk has the move. Later writes only say how far it is, so
    // nothing waits for them.
    if (step === serve[0]) await journalled;
    else writeInBackground(context, journalled);
    await carryOutStep(context, roll, step);
  }
}

/** Runs the last step, journalled first: from then on the move is finished, not undone. */
async function commit(context: Context, roll: ProcessRoll): Promise<void> {
  const step = strategyOf(context.service, roll.n).serve.at(-1) as Step;
  await journalStep(context, roll.n, committed(roll, step));
  await carryOutStep(context, roll, step);
}

/** The move of a process whose old side ends from now on. */
const committed = ({ to, from }: ProcessRoll, { name }: Step): Move => ({
  ...{ to, step: name },
  ...(from ? { from } : {}),
});

/** Lets a write of the journal go on without a wait for its end. A disk that fails also fails the next one. */
export function writeInBackground(context: Context, write: Promise<void>): void {
  write.catch((error) => journalFailed(context, error));
}

const journalFailed = ({ log }: Context, error: unknown) =>
  log("journal.failed", { error: describe(error) });

async function carryOutStep(context: Context, roll: ProcessRoll, step: Step): Promise<void> {
  context.report(roll.n, step.phase);
  const record = (timedStep: TimedStep) => {
    context.recordStep(timedStep, roll.n);
    if (timedStep.error === undefined) {
      context.log("step", { process: roll.n, step: step.name, ms: timedStep.ms });
    }
  };
  await timed(context.clock, step.timedAs, record, () => step.run(context, roll));
}

/** @returns why it could not be put back; then the journal keeps its move for the next try. */
async function putBack(context: Context, { n, from, to }: ProcessRoll): Promise<unknown> {
  const record = (step: TimedStep) => context.recordStep(step, n);
  try {
    await timed(context.clock, undoStep, record, async () => {
      // A disk that takes no writes must not keep a process from serving as before.
      await journalStep(context, n, { to, step: undoStep }).catch((error) =>
        journalFailed(context, error),
      );
      await converge(context, n, from);
      await endMove(context, n, from);
    });
    return undefined;
  } catch (error) {
    context.log("undo.failed", { process: n, error: describe(error) });
    return error;
  }
}

/** Retires the old process. A failure is only logged: the new one serves already. */
export async function retireProcess(context: Context, roll: ProcessRoll): Promise<void> {
  try {
    for (const step of strategyOf(context.service, roll.n).retire) {
      await journalStep(context, roll.n, committed(roll, step));
      await carryOutStep(context, roll, step);
    }
    await endMove(context, roll.n, roll.to);
    context.report(roll.n, "serving");
  } catch (error) {
    context.log("retire.failed", { process: roll.n, error: describe(error) });
  }
}

function rollFailed(
  { service }: Context,
  { n, from, to }: ProcessRoll,
  cause: unknown,
  putBackError: unknown,
): Problem {
  const back = from ? `it is back on ${from.release}` : "nothing served there before";
  const before = putBackError ? "it is put back as soon as that can be done" : back;
  const andLeft = putBackError ? `; it could not be put back yet: ${happening(putBackError)}` : "";
  return new Problem({
    happened: `process ${n} of ${service.service} did not get ${to.release}: ${happening(cause)}${andLeft}`,
    unchanged: `${before}; the processes that had not rolled keep theirs`,
    next: cause instanceof Problem ? cause.next : `journalctl -u shoestring-agent`,
    cause,
  });
}
