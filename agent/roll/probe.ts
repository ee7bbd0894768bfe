import { Problem } from "../../lib/problem.ts";
import { settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import { workerPort } from "../../protocol/service-file.ts";
import { unitName } from "../../protocol/units.ts";
import type { Answer, Place } from "../core/effects.ts";
import { pingsOf } from "../core/launch.ts";
import type { Context } from "./context.ts";
import { GoodAnswers } from "./good-answers.ts";
import { isDown } from "./rest.ts";

/** Between probes of a process that does not answer yet: each one costs those that serve. */
const bootingIntervalMs = 40;
/** Between probes of one that answers: several may be probed at once. */
const probeIntervalMs = 120;
/**
 * Between questions to the supervisor whether it still runs; each one starts a program. The unit
 * reports an end itself, unless everything of it was killed at once.
 */
const stateIntervalMs = 1000;
/** Between looks at the ends that were reported. */
const faultIntervalMs = 250;

/** Options of a wait for a process. */
interface Waiting {
  /** Called at the first good answer, and again at the first one after a bad one. */
  readonly onAnswer?: () => void;
  /** Aborts the wait. */
  readonly stop?: AbortSignal;
}

/**
 * Waits until a process is healthy: `healthyCount` consecutive good answers over at least
 * `minHealthyTime`, each of them from the expected release.
 *
 * @throws Problem with the last answer, when the process ends or the start timeout is over.
 */
export async function untilHealthy(
  context: Context,
  place: Place,
  releaseId: string,
  { onAnswer, stop }: Waiting = {},
): Promise<void> {
  const { clock, health, supervisor } = context;
  const settings = settingsOf(context.service, place.n);
  const startedAt = clock.monotonicMs();
  const question = await questionTo(context, place, releaseId);
  const longestMs = settings.startTimeoutSeconds * 1000;
  const deadline = clock.monotonicMs() + longestMs;
  // Where processors are scarce, the small share of a boot would fail a release that is well.
  const ordinaryShare = onceAfter(deadline - longestMs / 2, () => supervisor.promote(place));
  const good = new GoodAnswers(settings);
  let askedAt = clock.monotonicMs();
  /** Whether the next good answer may be enough: then the supervisor is asked at the same time. */
  let isLast = false;
  for (;;) {
    stop?.throwIfAborted();
    const isDue = isLast || clock.monotonicMs() - askedAt >= stateIntervalMs;
    if (isDue) askedAt = clock.monotonicMs();
    const [fault, down] = await Promise.all([
      question.ask(),
      isDue ? unitEnd(context, place) : undefined,
    ]);
    if (down) throw unhealthy(context, place, releaseId, down);
    const now = clock.monotonicMs();
    if (fault === undefined) {
      good.add(now);
      if (good.count === 1) onAnswer?.();
      if (good.areEnough()) {
        const how = isDue ? undefined : await unitEnd(context, place);
        if (!how) return;
        throw unhealthy(context, place, releaseId, how);
      }
    } else good.reset();
    await ordinaryShare(now);
    const ended = await health.endOf(place, startedAt);
    if (ended) throw unhealthy(context, place, releaseId, ended);
    if (now >= deadline) {
      const why = fault ?? `${good.count} good answers are not yet enough`;
      const { startTimeoutSeconds } = settings;
      const after = `after ${startTimeoutSeconds} s${question.name}: ${why}`;
      throw unhealthy(context, place, releaseId, after);
    }
    const interval = good.count === 0 ? question.bootingIntervalMs : probeIntervalMs;
    isLast = good.mayBeEnoughIn(interval);
    // Asks for the last answer when the time is over, not up to an interval later.
    await clock.sleep(good.missingMs > 0 ? Math.min(interval, good.missingMs) : interval);
  }
}

/** Does something at the first call at a time or after it. */
function onceAfter(dueMs: number, act: () => Promise<void>): (nowMs: number) => Promise<void> {
  let isDone = false;
  return async (nowMs) => {
    if (isDone || nowMs < dueMs) return;
    isDone = true;
    await act();
  };
}

/**
 * Probes a process once more that was healthy a while ago.
 *
 * @throws Problem where it no longer is.
 */
export async function stillHealthy(context: Context, place: Place, releaseId: string) {
  const question = await questionTo(context, place, releaseId);
  const [fault, ended] = await Promise.all([question.ask(), unitEnd(context, place)]);
  const why = ended ?? fault;
  if (why) throw unhealthy(context, place, releaseId, why);
}

/**
 * Watches a process that serves for the shortest healthy time.
 *
 * @throws Problem where it ended meanwhile.
 */
export async function stayedUp(context: Context, n: number, releaseId: string): Promise<void> {
  const { service, journal, clock, health } = context;
  const serving = journal.current().serving[n];
  if (!serving) return;
  const { side, environmentId } = serving;
  const { minHealthyTimeSeconds } = settingsOf(service, n);
  const until = clock.monotonicMs() + minHealthyTimeSeconds * 1000;
  for (;;) {
    const fault = await health.faultOf(environmentId);
    if (fault) throw fault;
    const leftMs = until - clock.monotonicMs();
    if (leftMs <= 0) break;
    await clock.sleep(Math.min(faultIntervalMs, leftMs));
  }
  const how = await unitEnd(context, { n, side });
  if (!how) return;
  const unit = unitName(service.service, { n, side });
  throw new Problem({
    happened: `${releaseId} did not stay up as process ${n} (${unit}): ${how}`,
    unchanged: "the processes that had not rolled keep what they serve",
    next: `journalctl -u ${unit}`,
  });
}

/** Describes how a process ended by itself since its start; undefined for one that runs. */
async function unitEnd(context: Context, place: Place): Promise<string | undefined> {
  const unit = await context.supervisor.state(place);
  if (!isDown(unit) && unit.restarts === 0) return undefined;
  return howItEnded(context, place);
}

/** Waits a moment: the unit may report how it ended only after it is seen to have ended. */
async function howItEnded({ health, clock }: Context, place: Place): Promise<string> {
  for (let looks = 0; looks < 10; looks += 1) {
    const how = await health.endOf(place);
    if (how) return how;
    await clock.sleep(bootingIntervalMs);
  }
  return "it ended by itself, and nothing says how";
}

/** What is asked again and again until a process is healthy. */
interface Question {
  /** Its name in an error, after a comma. */
  readonly name: string;
  readonly bootingIntervalMs: number;
  /** @returns why the answer is not good; undefined for a good one. */
  readonly ask: () => Promise<string | undefined>;
}

/** A process that speaks HTTP is probed; of another one the supervisor knows whether it is ready. */
async function questionTo(context: Context, place: Place, releaseId: string): Promise<Question> {
  const { service, store, supervisor } = context;
  if (!speaksHttp(service, place.n)) {
    const ask = () => supervisor.notReady(place);
    return { name: "", bootingIntervalMs: probeIntervalMs, ask };
  }
  const { ping, checked } = pingsOf(service, await store.launchOf(releaseId), place.n);
  const askAt = (path: string) => probeFault(context, place, releaseId, path);
  const ask = async () => (await askAt(ping)) ?? (ping === checked ? undefined : askCheck());
  const askCheck = async () => {
    const fault = await askAt(checked);
    return fault && `the load balancer asks for ${checked}, where ${fault}`;
  };
  return { name: `, GET ${ping}`, bootingIntervalMs, ask };
}

/** Probes a path of a process; says why the answer is not good, and undefined for a good one. */
async function probeFault(context: Context, place: Place, releaseId: string, path: string) {
  const port = workerPort(context.service, place.n, place.side);
  return answerFault(context, place, releaseId, await context.probe.ask(port, path));
}

/** Says why an answer is not good; undefined for a good one. */
async function answerFault(
  { service, supervisor }: Context,
  place: Place,
  releaseId: string,
  answer: Answer,
): Promise<string | undefined> {
  if ("error" in answer) return answer.error;
  if (answer.status < 200 || answer.status > 299) return `it answered ${answer.status}`;
  if (answer.release !== undefined) {
    return answer.release === releaseId ? undefined : `it answered as release ${answer.release}`;
  }
  const port = workerPort(service, place.n, place.side);
  const itself = await supervisor.listensOn(place, port);
  return itself ? undefined : `another process answers on port ${port}`;
}

function unhealthy({ service }: Context, place: Place, releaseId: string, why: string): Problem {
  const unit = unitName(service.service, place);
  return new Problem({
    happened: `${releaseId} did not become healthy as process ${place.n} (${unit}): ${why}`,
    unchanged: speaksHttp(service, place.n) ? "it got no request" : "the one before it runs on",
    next: `journalctl -u ${unit}`,
  });
}
