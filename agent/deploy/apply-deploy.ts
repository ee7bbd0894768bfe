import { describe, happening } from "../../lib/problem.ts";
import type { Deploy, InstanceRollout, TimedStep } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { parseReport } from "../../protocol/status.ts";
import { orElse, waitsFor } from "../../protocol/unusable.ts";
import { rollSpans } from "../../trace/spans.ts";
import { accept, sameDeploy } from "../core/decide.ts";
import { retryUntilAvailable, Superseded } from "../core/retry-until-available.ts";
import { type Ended, inUse } from "../core/state.ts";
import { timed } from "../core/timed.ts";
import { whileLatest } from "../core/while-latest.ts";
import { convergeLeftovers } from "../roll/converge-leftovers.ts";
import { type AcquireSlot, rollInstance, type Target } from "../roll/roll.ts";
import { commitTransition, reportFailure } from "../rollout/commit-transition.ts";
import { isCurrent } from "../rollout/fleet-snapshot.ts";
import { type RollStatus, rollStatus } from "../rollout/roll-status.ts";
import { SlotGate } from "../rollout/slot-gate.ts";
import { hasBeforeStep, runBeforeStep } from "./before-step.ts";
import { bootstrap } from "./bootstrap.ts";
import type { DeployContext } from "./context.ts";
import { prepare } from "./prepare.ts";

/** After this, pruning goes on in the background. */
const longestPruneMs = 10_000;

/**
 * Applies one deploy on this instance, from its arrival to the report: prepare, acquire a slot,
 * roll, conclude. A new instance starts the last known good release first. Never rejects; an error
 * is kept in the journal, reported and logged.
 */
export async function applyDeploy(deps: DeployContext, deploy: Deploy): Promise<void> {
  const { journal, service, clock, log } = deps;
  try {
    const report = rollStatus({ ...deps, deploy });
    deps.retirements.reportTo(report.progress);
    const { deploy: known, serving } = journal.current();
    const isNew = known === undefined || Object.keys(serving).length === 0;
    const started = isNew ? await bootstrap(deps, deploy, report) : "nothing";
    if (started !== "superseded") await takePart(deps, deploy, report, started === "joined");
  } catch (error) {
    // An unforeseen error: whatever it is, the next deploy is applied.
    log("deploy.lost", { service: service.service, error: describe(error) });
  } finally {
    // A disk that deletes nothing must not hold up the next deploy.
    await Promise.race([prune(deps), clock.sleep(longestPruneMs)]);
  }
}

/** From arrival to report, on an instance that serves or for a service with no good release yet. */
async function takePart(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  hasJoined: boolean,
): Promise<void> {
  const { journal } = deps;
  const accepted = journal.change(({ lateJoiner, faults, ...state }) => ({
    ...accept(state, deploy),
    // Earlier faults of a process say nothing about the release that rolls now.
    ...(state.deploy && faults && sameDeploy(state.deploy, deploy) ? { faults } : {}),
    ...(hasJoined || lateJoiner === deploy.revision ? { lateJoiner: deploy.revision } : {}),
  }));
  const lateJoiner = journal.current().lateJoiner === deploy.revision;
  if (lateJoiner) report.instance({ lateJoiner });
  const slot = new SlotGate(deps, deploy, lateJoiner);
  slot.prepare();
  let last: InstanceRollout | undefined;
  let settled: Promise<void> | undefined;
  try {
    await accepted; // a disk that refuses writes is reported like any other failure
    last = await roll(deps, deploy, report, slot);
  } catch (error) {
    // Beside the report, which waits for Consul: a process may be out.
    settled = convergeLeftovers(
      deps,
      deps.latestDeploy.replaced(deploy),
      deps.random ?? Math.random,
    );
    last = await endOf(deps, deploy, report, error);
  } finally {
    await slot.release();
    await settled;
    if (last) deps.tracing.export(rollSpans(deps.service.cluster, deploy, last));
  }
}

/** @throws Superseded; Problem for a failed step. */
async function roll(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  slot: SlotGate,
): Promise<InstanceRollout> {
  const { journal, log, clock } = deps;
  const recordPrepare = (step: TimedStep) => {
    report.progress.recordStep(step);
    log("prepared", { release: deploy.release.id, ms: step.ms });
  };
  const target = await timed(clock, "prepare", recordPrepare, () =>
    whileLatest(deps, deploy, (stop) =>
      retryUntilAvailable(
        deps,
        deploy,
        () => prepare(deps, journal.current(), deploy, stop),
        (error) => void report.instance({ waitsFor: waitsFor(error) }),
      ),
    ),
  );
  report.instance({ phase: "waiting", waitsFor: undefined });
  const { progress } = report;
  const acquire = () =>
    timed(clock, "slot", progress.recordStep, () =>
      retryUntilAvailable(deps, deploy, () => slot.acquire(report)),
    );
  const end = await rollInstance(
    { ...deps, ...progress },
    target,
    hasBeforeStep(deps.service, deploy)
      ? afterBeforeStep(deps, deploy, target, report, acquire)
      : acquire,
    () => void report.instance({ servedAt: clock.now().toISOString() }),
    {
      mayBootAhead: () => slot.proveForBootAhead(report),
      replaced: deps.latestDeploy.replaced(deploy),
    },
  );
  if (end === "superseded") throw new Superseded();
  return conclude(deps, deploy, report, end);
}

/**
 * Acquires a slot, and runs the step before the release with the first one. The slot is acquired
 * again after it: the step may have taken minutes.
 */
function afterBeforeStep(
  deps: DeployContext,
  deploy: Deploy,
  target: Target,
  report: RollStatus,
  acquire: AcquireSlot,
): AcquireSlot {
  let hasRun = false;
  return async () => {
    const answer = await acquire();
    if (answer !== "go on" || hasRun) return answer;
    await timed(deps.clock, "before", report.progress.recordStep, () =>
      runBeforeStep(deps, deploy, target, report),
    );
    hasRun = true;
    return acquire();
  };
}

/** Concludes a roll that an error ended. */
async function endOf(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  error: unknown,
): Promise<InstanceRollout> {
  const { service, log, supervisor } = deps;
  if (error instanceof Superseded) return report.instance({ phase: "superseded" });
  if (await supervisor.isEnding().catch(() => false)) {
    // The machine is shutting down, or its group ends it, which says nothing about the release: the
    // other instances go on.
    log("deploy.left", { service: service.service, error: describe(error) });
    return report.instance({ phase: "superseded" });
  }
  log("deploy.failed", { service: service.service, error: describe(error) });
  return conclude(deps, deploy, report, "failed", happening(error));
}

/**
 * Reports the end of a deploy if an agent was killed here before it could, and releases its slot.
 * Never rejects.
 */
export async function reportEnd(deps: DeployContext, deploy: Deploy): Promise<void> {
  const { journal, consul, instance, service, log } = deps;
  const { ended } = journal.current();
  // It acquires nothing: `finally` releases the slot of an agent that was killed here.
  const slot = new SlotGate(deps, deploy, false);
  const key = keys.rolloutInstance(deploy.service, deploy.revision, instance);
  try {
    const { found } = await retryUntilAvailable(deps, deploy, () => consul.get(key));
    // A report that cannot be read is written over.
    const read = () => found && parseReport(deploy.service, deploy.revision, found);
    const reportedAt = orElse(read, () => undefined)?.endedAt;
    if (!ended || reportedAt !== undefined) return;
    // All keys may have vanished meanwhile: a missing report alone is no reason to write one.
    if (await retryUntilAvailable(deps, deploy, () => isCurrent(consul, deploy)))
      await writeEnd(deps, deploy, rollStatus({ ...deps, deploy }), ended);
  } catch (error) {
    log("end.unwritten", { service: service.service, error: describe(error) });
  } finally {
    await slot.release();
  }
}

/**
 * Writes the end of the roll to the journal and the report, and commits the transition. The slot is
 * still held meanwhile.
 */
async function conclude(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  phase: Ended["phase"],
  error?: string,
): Promise<InstanceRollout> {
  const { clock, service, log } = deps;
  const at = clock.now().toISOString();
  const ended: Ended = { phase, at, ...(error === undefined ? {} : { error }) };
  // Reported in any case: the fleet must hear of it although the disk refuses writes.
  const isKept = await keepEnd(deps, ended);
  log("deploy.ended", { service: service.service, revision: deploy.revision, phase });
  // An old process may still retire. What it reports must not come between.
  const last = await deps.retirements.holdReports(() => writeEnd(deps, deploy, report, ended));
  // Otherwise the agent's next run would apply the deploy once more.
  if (!isKept) await keepEnd(deps, ended);
  return last;
}

/** @returns whether the end would survive a power cut. */
async function keepEnd({ journal, service, log }: DeployContext, ended: Ended): Promise<boolean> {
  try {
    await journal.change((state) => ({ ...state, ended }));
    return true;
  } catch (cause) {
    log("journal.failed", { service: service.service, error: describe(cause) });
    return false;
  }
}

/** Reports an end and commits the rollout's transition. */
async function writeEnd(
  deps: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  { at: endedAt, ...how }: Ended,
): Promise<InstanceRollout> {
  const { statusWriter, service, log } = deps;
  report.keep({ ...how, endedAt });
  const last = report.draft({});
  const isFailure = how.phase === "failed";
  if (!isFailure) statusWriter.show(last);
  try {
    await retryUntilAvailable(deps, deploy, async () => {
      const write = isFailure ? reportFailure(deps, deploy, last) : statusWriter.write(last);
      if (!(await write)) throw new Error("another writer changed the report");
      await commitTransition(deps, deploy);
    });
  } catch (cause) {
    statusWriter.show(last);
    log("conclude.failed", { service: service.service, error: describe(cause) });
  }
  return last;
}

/**
 * Keeps the running releases, the desired one, and the newest of the others, with their
 * environments.
 */
async function prune({ journal, store, service, log }: DeployContext): Promise<void> {
  const { deploy, servedWith = {} } = journal.current();
  const used = inUse(journal.current());
  const releases = new Set(used.map(({ release }) => release));
  if (deploy) releases.add(deploy.release.id);
  const environments = new Set([
    ...used.map(({ environmentId }) => environmentId),
    ...Object.values(servedWith),
  ]);
  try {
    const left = await store.prune({ releases, environments, releaseCount: service.keepReleases });
    if (Object.keys(servedWith).every((release) => left.has(release))) return;
    await journal.change((state) => ({
      ...state,
      servedWith: Object.fromEntries(
        Object.entries(state.servedWith ?? {}).filter(([release]) => left.has(release)),
      ),
    }));
  } catch (error) {
    log("prune.failed", { error: describe(error) });
  }
}
