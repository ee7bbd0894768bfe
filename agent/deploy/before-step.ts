import { aborted, orAborted } from "../../lib/aborted.ts";
import type { Consul } from "../../lib/consul.ts";
import { describe, Problem } from "../../lib/problem.ts";
import { BeforeStep, type Deploy, parseDocument, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { beforeUnitName } from "../../protocol/units.ts";
import type { Clock, Log, OneShotUnit, Store } from "../core/effects.ts";
import type { LatestDeploy } from "../core/latest-deploy.ts";
import { retryUntilAvailable, Superseded } from "../core/retry-until-available.ts";
import { cutError, type OneShotEnd, oneShotEnd, unitIntervalMs } from "../health/one-shot-end.ts";
import type { Target } from "../roll/roll.ts";
import type { RollStatus } from "../rollout/roll-status.ts";

/** Between looks at a step that another instance runs. */
const otherIntervalMs = 2000;
/** A step that another instance began is over after its timeout and this, whatever became of it. */
const marginSeconds = 60;

export interface BeforeStepContext {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly consul: Consul;
  readonly store: Pick<Store, "stageOneShot">;
  readonly before: OneShotUnit;
  readonly latestDeploy: LatestDeploy;
  readonly clock: Clock;
  readonly log: Log;
}

/** The document of the step, as it was read, and the index to write over it. */
interface ReadStep {
  readonly step: BeforeStep | undefined;
  readonly index: number;
}

/** Whether a deploy has a step before it: a restart or a rollback brings no new release. */
export const hasBeforeStep = ({ before }: ServiceFile, { kind }: Deploy): boolean =>
  before !== undefined && kind === "release";

/**
 * Runs the step before a release, once for each deploy and one at a time in the whole fleet. Where
 * an earlier agent of this instance began it, goes on with it; a newer deploy does not stop it.
 *
 * @throws Problem where it failed, or where nobody can say whether it ended; Superseded.
 */
export async function runBeforeStep(
  deps: BeforeStepContext,
  deploy: Deploy,
  target: Target,
  report: Pick<RollStatus, "instance">,
): Promise<void> {
  const { latestDeploy } = deps;
  const replaced = latestDeploy.replaced(deploy);
  const claiming = retryUntilAvailable(deps, deploy, () => claim(deps, deploy, report, replaced));
  const step = await orAborted(claiming, replaced);
  if (step === aborted) throw new Superseded();
  if (step === "done") return;
  report.instance({ phase: "waiting", waitsFor: `its step before, ${nameOf(deps)}` });
  const begun = step === "begin" ? begin(deps, target) : Promise.resolve();
  const concluded = begun
    .then(() => oneShotEnd(deps.before, target.environment, deps.clock))
    .then((end) => conclude(deps, deploy, end));
  concluded.catch((error) => deps.log("before.unended", { error: describe(error) }));
  if ((await orAborted(concluded, replaced)) === aborted) throw new Superseded();
  report.instance({ waitsFor: undefined });
}

/** Waits until no other step runs, and makes this one the deploy's, unless it has ended. */
async function claim(
  deps: BeforeStepContext,
  deploy: Deploy,
  report: Pick<RollStatus, "instance">,
  replaced: AbortSignal,
): Promise<"begin" | "go on" | "done"> {
  const { clock, instance, before } = deps;
  for (;;) {
    const read = await readStep(deps);
    const { step } = read;
    const isOwn = step !== undefined && isOf(step, deploy);
    if (isOwn && step.phase === "done") return "done";
    if (isOwn && step.phase === "failed") throw failed(deps, deploy, step.error ?? "it failed");
    if (step?.phase !== "running") {
      if (await beginInConsul(deps, deploy, read)) return "begin";
      continue;
    }
    if (isOwn && step.instance === instance) {
      if ((await before.state()) !== "none") return "go on";
      // The machine was cut, or the agent right before the start: nobody knows.
      await write(deps, read, { ...step, phase: "failed", error: cutError });
      continue;
    }
    report.instance({
      phase: "waiting",
      waitsFor: `the step before revision ${step.revision} on ${step.instance}`,
    });
    if (await isOver(deps, step)) {
      await write(deps, read, { ...step, phase: "failed", error: cutError });
      continue;
    }
    const wait = clock.sleep(step.instance === instance ? unitIntervalMs : otherIntervalMs);
    if ((await orAborted(wait, replaced)) === aborted) throw new Superseded();
  }
}

/**
 * Whether a step that its document calls running has ended, though nobody could write how. An
 * instance that Consul no longer knows says nothing: one that leaves deregisters while the step runs.
 */
async function isOver(
  { instance, before, service, clock }: BeforeStepContext,
  step: BeforeStep,
): Promise<boolean> {
  if (step.instance === instance) return (await before.state()) !== "running";
  // Until systemd kills it: after its timeout, and the stop that follows.
  const longest = (service.before?.timeoutSeconds ?? 0) + service.stopTimeoutSeconds;
  return clock.now().getTime() - Date.parse(step.startedAt) > (longest + marginSeconds) * 1000;
}

async function beginInConsul(
  deps: BeforeStepContext,
  { revision, release }: Deploy,
  read: ReadStep,
): Promise<boolean> {
  const { before, instance, clock } = deps;
  // First of all: what the unit has from now on belongs to this step.
  await before.reset();
  return write(deps, read, {
    ...{ schema: schemaVersion, revision, release: release.id, instance, phase: "running" },
    startedAt: clock.now().toISOString(),
  });
}

async function begin({ service, store, before }: BeforeStepContext, target: Target): Promise<void> {
  await store.stageOneShot("before", {
    releaseId: target.releaseId,
    command: service.before?.command ?? [],
    environment: { ...target.environment, SHOESTRING_RELEASE: target.releaseId },
  });
  await before.start();
}

/** Writes how the step ended. @throws Problem where it failed. */
async function conclude(
  deps: BeforeStepContext,
  deploy: Deploy,
  { error, output }: OneShotEnd,
): Promise<void> {
  const { clock, log, service } = deps;
  log("before.ended", { service: service.service, revision: deploy.revision, error });
  const write = () => writeEnd(deps, deploy, { error, output, endedAt: clock.now().toISOString() });
  await retryWhileAway(deps, write);
  if (error !== undefined) throw failed(deps, deploy, error);
}

/** The end counts also for a deploy that was replaced meanwhile: others wait for it. */
async function writeEnd(
  deps: BeforeStepContext,
  deploy: Deploy,
  {
    error,
    ...end
  }: { readonly error: string | undefined } & Pick<BeforeStep, "endedAt" | "output">,
): Promise<void> {
  const read = await readStep(deps);
  const { step } = read;
  if (!step || !isOf(step, deploy) || step.phase !== "running") return;
  const how =
    error === undefined ? { phase: "done" as const } : { phase: "failed" as const, error };
  await write(deps, read, { ...step, ...end, ...how });
}

async function retryWhileAway(
  { clock, log }: BeforeStepContext,
  act: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      log("before.unwritten", { error: describe(error) });
      await clock.sleep(otherIntervalMs);
    }
  }
}

async function readStep({ consul, service }: BeforeStepContext): Promise<ReadStep> {
  const key = keys.before(service.service);
  const { found } = await consul.get(key);
  const step = found && parseDocument(BeforeStep, key, found.value);
  return { step, index: found?.modifyIndex ?? 0 };
}

const write = ({ consul, service }: BeforeStepContext, { index }: ReadStep, step: BeforeStep) =>
  consul.write([
    { verb: "cas", key: keys.before(service.service), value: JSON.stringify(step), index },
  ]);

const isOf = (step: BeforeStep, { revision, release }: Deploy) =>
  step.revision === revision && step.release === release.id;

const nameOf = ({ service }: BeforeStepContext) => service.before?.command.join(" ") ?? "";

function failed(deps: BeforeStepContext, { release }: Deploy, error: string): Problem {
  const { service } = deps;
  return new Problem({
    happened: `the step before ${release.id} (${nameOf(deps)}) failed: ${error}`,
    unchanged: "no process of the release was started",
    next: `journalctl -u ${beforeUnitName(service.service)}`,
  });
}
