import { describe, Problem } from "../../lib/problem.ts";
import { settingsOf } from "../../protocol/process-settings.ts";
import { frontPort, otherSide, workerPort } from "../../protocol/service-file.ts";
import { unitName } from "../../protocol/units.ts";
import type { Place } from "../core/effects.ts";
import { servingByJournal } from "../core/routes.ts";
import type { Move, Serving } from "../core/state.ts";
import type { Context } from "./context.ts";
import { offerStatic } from "./offer-static.ts";
import { untilHealthy } from "./probe.ts";
import { isDown, restBoundSeconds, untilAtRest } from "./rest.ts";
import { retire } from "./retire.ts";
import { gateBoundSeconds, undoStep } from "./steps.ts";
import { stop } from "./stop.ts";

/** Starts of a process that is down again each time, before converge gives up. */
const attempts = 3;

/**
 * Brings one process to rest on one side, from wherever it was: the undo of a failed step, the
 * recovery of a killed agent and the start after a boot are all this. Safe to repeat.
 *
 * @param on the side to serve; undefined where none served before: then both sides are stopped.
 */
export async function converge(
  context: Context,
  n: number,
  on: Serving | undefined,
): Promise<void> {
  const { supervisor, log } = context;
  if (!on) {
    await stopIfRunning(context, { n, side: "a" });
    await stopIfRunning(context, { n, side: "b" });
    return;
  }
  for (let attempt = 1; ; attempt += 1) {
    await serveFrom(context, n, on);
    // It may have been stopped by hand meanwhile, or an earlier stop was still under way.
    if (!isDown(await supervisor.state({ n, side: on.side }))) return;
    if (attempt === attempts) throw staysDown(context, n, on);
    log("converge.again", { process: n, release: on.release, attempt });
  }
}

/** Lets a process serve from one side and nothing run on the other one. */
async function serveFrom(context: Context, n: number, on: Serving): Promise<void> {
  const { service, gate, supervisor } = context;
  const { strategy } = settingsOf(service, n);
  const place: Place = { n, side: on.side };
  const spare: Place = { n, side: otherSide(on.side) };
  const front = frontPort(service, n);
  const wasDown = isDown(await supervisor.state(place));

  if (wasDown && strategy === "in-place") {
    // Close first: a process that is stopping may still take requests that it will not answer.
    await gate.close(front, restBoundSeconds(service, n) + gateBoundSeconds(service, n));
    await retire(context, spare);
  }
  if (wasDown) {
    await untilAtRest(context, place);
    await supervisor.start(place);
  }
  if (wasDown || mayBoot(context, n)) await awaitHealth(context, place, on.release);
  await supervisor.promote(place);
  await gate.point(front, workerPort(service, n, on.side));
  await offerStatic(context, n, on.release);
  await retire(context, spare);
}

/** Whether an in-place undo, in which an agent was killed, may have started it a moment ago. */
const mayBoot = ({ service, journal }: Context, n: number) =>
  settingsOf(service, n).strategy === "in-place" && journal.current().moves[n]?.step === undoStep;

async function stopIfRunning(context: Context, place: Place): Promise<void> {
  const { status } = await context.supervisor.state(place);
  if (status !== "stopped") await stop(context, place);
}

function staysDown({ service }: Context, n: number, on: Serving): Problem {
  const unit = unitName(service.service, { n, side: on.side });
  return new Problem({
    happened: `${unit} was started ${attempts} times and is down again`,
    unchanged: "the other processes go on",
    next: `journalctl -u ${unit}`,
  });
}

/** Only logs an unhealthy process: it served before, and the supervisor goes on restarting it. */
async function awaitHealth(context: Context, place: Place, release: string): Promise<void> {
  try {
    await untilHealthy(context, place, release);
  } catch (error) {
    context.log("converge.unhealthy", { process: place.n, release, error: describe(error) });
  }
}

/**
 * Finishes or undoes the moves of an agent that was killed or lost its power, and starts after a
 * boot the processes that served before. It does all at once: processes share nothing.
 *
 * @throws the error of the first process that failed, when all have ended.
 */
export async function recover(context: Context, processes: readonly number[]): Promise<void> {
  const results = await Promise.allSettled(processes.map((n) => recoverProcess(context, n)));
  const failed = results.find((it) => it.status === "rejected");
  if (failed) throw failed.reason;
}

/** Leaves alone what this agent is about to finish. */
async function recoverProcess(context: Context, n: number): Promise<void> {
  if (!context.retirements.isUnderWay(n)) await finishMove(context, n);
}

/** Brings a process to rest where its journal has it, and ends its move if it has one. */
export async function finishMove(context: Context, n: number): Promise<void> {
  const { journal, service, log } = context;
  const move = journal.current().moves[n];
  const on = servingByJournal(service, journal.current(), n);
  if (move) {
    log(on === move.to ? "recover.finish" : "recover.undo", { process: n, step: move.step });
  }
  await converge(context, n, on);
  if (move) await endMove(context, n, on);
}

/** Records the side that serves a process now, and the end of its move. */
export function endMove({ journal }: Context, n: number, on: Serving | undefined) {
  return journal.change((state) => {
    const { [n]: _, ...moves } = state.moves;
    return { ...state, moves, serving: on ? { ...state.serving, [n]: on } : state.serving };
  });
}

/** Records the move of a process, with the step that begins. */
export function journalStep({ journal }: Context, n: number, move: Move) {
  return journal.change((state) => ({ ...state, moves: { ...state.moves, [n]: move } }));
}
