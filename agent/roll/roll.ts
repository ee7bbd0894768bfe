import type { TimedStep } from "../../protocol/documents.ts";
import { describe, happening, Problem } from "../../protocol/problem.ts";
import { otherSide, type ServiceFile, workerPort } from "../../protocol/service-file.ts";
import type { Environment, Place } from "../effects.ts";
import { timed } from "../timed.ts";
import type { Context } from "./context.ts";
import { nextRound, parallelism, processesLeft } from "./rounds.ts";
import { endMove, journalStep, recover, settle } from "./settle.ts";
import { type ProcessRoll, refuseFaulty, type Step, strategyOf, undoStep } from "./steps.ts";

/** What every process shall serve: a release with one environment. */
export interface Target {
  readonly releaseId: string;
  readonly snapshot: string;
  readonly command: readonly string[];
  readonly environment: Environment;
}

/** Says before each round whether the roll may go on; the reason where it may not. */
export type MayGoOn = () => Promise<"go on" | "superseded" | "halted">;

export type RollEnd = "done" | "superseded" | "halted";

/**
 * Rolls every process of the instance to the target: the first one alone, then a few at a
 * time. A process that fails is put back and ends the roll; the others keep what they serve.
 *
 * @throws Problem when a process did not get there; by then it is back on what it served.
 */
export async function rollInstance(
  context: Context,
  target: Target,
  mayGoOn: MayGoOn,
  onServed: () => void,
): Promise<RollEnd> {
  const { service, journal, memory } = context;
  const retiring: Promise<void>[] = [];
  // What an earlier roll could not end, such as a process that would not stop, comes first.
  await recover(context, Object.keys(journal.current().moves).map(Number));
  let end: RollEnd = "done";
  try {
    for (let round = 0; ; round += 1) {
      await refuseFaulty(context, target.snapshot);
      const left = processesLeft(service, journal.current(), target.snapshot);
      if (left.length === 0) break;
      const [answer, parallel] = await Promise.all([
        mayGoOn(),
        parallelism(service, journal.current(), memory),
      ]);
      if (answer !== "go on") {
        end = answer;
        break;
      }
      const numbers = nextRound(left, round === 0, parallel);
      retiring.push(...(await serveRound(context, numbers, target)));
    }
    if (end === "done") {
      onServed();
      written(context, rememberEnvironment(context, target));
    }
  } finally {
    await Promise.all(retiring);
  }
  if (end === "done") await refuseFaulty(context, target.snapshot);
  return end;
}

/** Every process serves with this environment: it is what a rollback to the release restores. */
function rememberEnvironment({ journal }: Context, { releaseId, snapshot }: Target): Promise<void> {
  return journal.change((state) => ({
    ...state,
    servedWith: { ...state.servedWith, [releaseId]: snapshot },
  }));
}

/** Brings a few processes to serve; returns what is still to be waited for: their old ones. */
async function serveRound(
  context: Context,
  numbers: readonly number[],
  target: Target,
): Promise<Promise<void>[]> {
  const results = await Promise.allSettled(
    numbers.map(async (n) => {
      const roll = processRoll(context, n, target);
      await serveProcess(context, roll);
      return roll;
    }),
  );
  const served = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
  const retiring = served.map((roll) => retireProcess(context, roll));
  const failed = results.find((r) => r.status === "rejected");
  if (failed) {
    await Promise.all(retiring);
    throw failed.reason;
  }
  return retiring;
}

function processRoll({ service, journal }: Context, n: number, target: Target): ProcessRoll {
  const from = journal.current().serving[n];
  const side = from ? otherSide(from.side) : "a";
  return {
    n,
    from,
    to: { side, release: target.releaseId, snapshot: target.snapshot },
    contents: {
      releaseId: target.releaseId,
      command: target.command,
      environment: environmentOf(service, { n, side }, target),
    },
  };
}

/** What a process learns: its config, and last, so that no config can hide them, these three. */
function environmentOf(service: ServiceFile, place: Place, target: Target): Environment {
  return {
    ...target.environment,
    PORT: String(workerPort(service, place.n, place.side)),
    SHOESTRING_RELEASE: target.releaseId,
    SHOESTRING_PROCESS: String(place.n),
  };
}

async function serveProcess(context: Context, roll: ProcessRoll): Promise<void> {
  try {
    const { serve } = strategyOf(context.service);
    for (const step of serve) {
      const journalled = journalStep(context, roll.n, { to: roll.to, step: step.name });
      // On disk before it is done: that a move is under way, and that it is committed. In between
      // the journal only tells how far it is, and nobody waits for that.
      if (step === serve[0] || step === serve.at(-1)) await journalled;
      else written(context, journalled);
      await carryOutStep(context, roll, step);
    }
  } catch (cause) {
    const left = await putBack(context, roll);
    context.tell(roll.n, "failed", happening(cause));
    throw rollFailed(context, roll, cause, left);
  }
  // From here on a reader of the state sees the new one serve; the old one is still to retire.
  const serving = context.journal.change((state) => ({
    ...state,
    serving: { ...state.serving, [roll.n]: roll.to },
  }));
  written(context, serving); // a killed agent knows it from the committed move
  context.tell(roll.n, "serving");
}

/** Lets a write of the journal go on by itself. A disk that fails also fails the next one. */
function written(context: Context, write: Promise<void>): void {
  write.catch((error) => journalFailed(context, error));
}

const journalFailed = ({ log }: Context, error: unknown) =>
  log("journal.failed", { error: describe(error) });

async function carryOutStep(context: Context, roll: ProcessRoll, step: Step): Promise<void> {
  context.tell(roll.n, step.phase);
  const tell = (took: TimedStep) => {
    context.took(took, roll.n);
    if (took.error === undefined) {
      context.log("step", { process: roll.n, step: step.name, ms: took.ms });
    }
  };
  await timed(context.clock, step.timedAs, tell, () => step.run(context, roll));
}

/** @returns why it could not be put back; the journal still has its move then, for the next try. */
async function putBack(context: Context, { n, from, to }: ProcessRoll): Promise<unknown> {
  const tell = (took: TimedStep) => context.took(took, n);
  try {
    await timed(context.clock, undoStep, tell, async () => {
      // A disk that takes nothing keeps no process from what it served.
      await journalStep(context, n, { to, step: undoStep }).catch((error) =>
        journalFailed(context, error),
      );
      await settle(context, n, from);
      await endMove(context, n, from);
    });
    return undefined;
  } catch (error) {
    context.log("undo.failed", { process: n, error: describe(error) });
    return error;
  }
}

/** The new process serves already: whatever happens to the old one is said, not undone. */
async function retireProcess(context: Context, roll: ProcessRoll): Promise<void> {
  try {
    for (const step of strategyOf(context.service).retire) {
      await journalStep(context, roll.n, { to: roll.to, step: step.name });
      await carryOutStep(context, roll, step);
    }
    await endMove(context, roll.n, roll.to);
    context.tell(roll.n, "serving");
  } catch (error) {
    context.log("retire.failed", { process: roll.n, error: describe(error) });
  }
}

function rollFailed(
  { service }: Context,
  { n, from, to }: ProcessRoll,
  cause: unknown,
  left: unknown,
): Problem {
  const back = from ? `it is back on ${from.release}` : "nothing served there before";
  const before = left ? "it is put back as soon as that can be done" : back;
  const andLeft = left ? `; it could not be put back yet: ${happening(left)}` : "";
  return new Problem({
    happened: `process ${n} of ${service.service} did not get ${to.release}: ${happening(cause)}${andLeft}`,
    unchanged: `${before}; the processes that had not rolled keep theirs`,
    next: cause instanceof Problem ? cause.next : `journalctl -u shoestring-agent`,
    cause,
  });
}
