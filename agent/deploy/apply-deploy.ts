import { describe, happening } from "../../lib/problem.ts";
import type { Deploy, InstanceRollout, TimedStep } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { parseReport } from "../../protocol/status.ts";
import { orElse, waitsFor } from "../../protocol/unusable.ts";
import { rollSpans } from "../../trace/spans.ts";
import { accept, sameDeploy } from "../core/decide.ts";
import { retryUntilAvailable, Superseded } from "../core/retry-until-available.ts";
import type { Ended } from "../core/state.ts";
import { timed } from "../core/timed.ts";
import { whileLatest } from "../core/while-latest.ts";
import { convergeLeftovers } from "../roll/converge-leftovers.ts";
import { rollInstance } from "../roll/roll.ts";
import { commitTransition, reportFailure } from "../rollout/commit-transition.ts";
import { isStanding } from "../rollout/fleet-snapshot.ts";
import { type RollStatus, rollStatus } from "../rollout/roll-status.ts";
import { type SlotGate, slotGate } from "../rollout/slot-gate.ts";
import { bootstrap } from "./bootstrap.ts";
import type { DeployContext } from "./context.ts";
import { prepare } from "./prepare.ts";

/** After this it goes on by itself. */
const longestPruneMs = 10_000;

/**
 * Applies one deploy on this instance, from its arrival to the report: prepare, take a slot,
 * roll, conclude. A new instance starts what is good first. Never rejects; what went wrong is kept,
 * reported and logged.
 */
export async function applyDeploy(on: DeployContext, deploy: Deploy): Promise<void> {
  const { journal, service, clock, log } = on;
  try {
    const report = rollStatus({ ...on, deploy });
    const { deploy: known, serving } = journal.current();
    const isNew = known === undefined || Object.keys(serving).length === 0;
    const started = isNew ? await bootstrap(on, deploy, report) : "nothing";
    if (started !== "superseded") await takePart(on, deploy, report, started === "joined");
  } catch (error) {
    // Nothing that is known of: whatever it is, the next deploy is carried out.
    log("deploy.lost", { service: service.service, error: describe(error) });
  } finally {
    // Nobody's next deploy waits for a disk that removes nothing.
    await Promise.race([prune(on), clock.sleep(longestPruneMs)]);
  }
}

/** From its arrival to the report, on an instance that serves or that nothing was ever good for. */
async function takePart(
  on: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  hasJoined: boolean,
): Promise<void> {
  const { journal } = on;
  const accepted = journal.change(({ joined, faults, ...state }) => ({
    ...accept(state, deploy),
    // What a process did before says nothing of what is rolled now.
    ...(state.deploy && faults && sameDeploy(state.deploy, deploy) ? { faults } : {}),
    ...(hasJoined || joined === deploy.revision ? { joined: deploy.revision } : {}),
  }));
  const joined = journal.current().joined === deploy.revision;
  if (joined) report.instance({ joined });
  const slot = slotGate(on, deploy, joined);
  slot.prepare();
  let last: InstanceRollout | undefined;
  let settled: Promise<void> | undefined;
  try {
    await accepted; // a disk that takes nothing is told like any other failure
    last = await roll(on, deploy, report, slot);
  } catch (error) {
    // Beside the telling, which waits for Consul: a process may be out.
    settled = convergeLeftovers(on, on.latestDeploy.replaced(deploy), on.random ?? Math.random);
    last = await endOf(on, deploy, report, error);
  } finally {
    await slot.release();
    await settled;
    if (last) on.tracing.tell(rollSpans(on.service.cluster, deploy, last));
  }
}

/** @throws Superseded; Problem for what failed. */
async function roll(
  on: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  slot: SlotGate,
): Promise<InstanceRollout> {
  const { journal, log, clock } = on;
  const prepared = (took: TimedStep) => {
    report.progress.took(took);
    log("prepared", { release: deploy.release.id, ms: took.ms });
  };
  const target = await timed(clock, "prepare", prepared, () =>
    whileLatest(on, deploy, (stop) =>
      retryUntilAvailable(
        on,
        deploy,
        () => prepare(on, journal.current(), deploy, stop),
        (error) => void report.instance({ waitsFor: waitsFor(error) }),
      ),
    ),
  );
  report.instance({ phase: "waiting", waitsFor: undefined });
  const { progress } = report;
  const end = await rollInstance(
    { ...on, ...progress },
    target,
    () =>
      timed(clock, "slot", progress.took, () =>
        retryUntilAvailable(on, deploy, () => slot.acquire(report)),
      ),
    () => void report.instance({ servedAt: clock.now().toISOString() }),
    () => slot.mayBootAhead(report),
  );
  if (end === "superseded") throw new Superseded();
  return conclude(on, deploy, report, end);
}

/** How a roll ended that did not come to its end. */
async function endOf(
  on: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  error: unknown,
): Promise<InstanceRollout> {
  const { service, log, supervisor } = on;
  if (error instanceof Superseded) return report.instance({ phase: "superseded" });
  if (await supervisor.isEnding().catch(() => false)) {
    // Nothing can be started any more, which says nothing of the release: others go on without us.
    log("deploy.left", { service: service.service, error: describe(error) });
    return report.instance({ phase: "superseded" });
  }
  log("deploy.failed", { service: service.service, error: describe(error) });
  return conclude(on, deploy, report, "failed", happening(error));
}

/**
 * Tells how a deploy ended here where an agent was killed before it had told it, and gives its slot
 * back. Never rejects.
 */
export async function reportEnd(on: DeployContext, deploy: Deploy): Promise<void> {
  const { journal, consul, instance, service, log } = on;
  const { ended } = journal.current();
  const slot = slotGate(on, deploy, false);
  const key = keys.rolloutInstance(deploy.service, deploy.revision, instance);
  try {
    const { found } = await retryUntilAvailable(on, deploy, () => consul.get(key));
    // What cannot be read tells nobody anything: it is written over.
    const read = () => found && parseReport(deploy.service, deploy.revision, found);
    const told = orElse(read, () => undefined)?.endedAt;
    if (!ended || told !== undefined) return;
    // All keys may have vanished meanwhile: that nobody reads the end is no reason to write it.
    if (await retryUntilAvailable(on, deploy, () => isStanding(consul, deploy)))
      await writeEnd(on, deploy, rollStatus({ ...on, deploy }), ended);
  } catch (error) {
    log("end.untold", { service: service.service, error: describe(error) });
  } finally {
    await slot.release();
  }
}

/** Keeps, reports and adds up how the roll ended here. The slot is still held meanwhile. */
async function conclude(
  on: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  phase: Ended["phase"],
  error?: string,
): Promise<InstanceRollout> {
  const { clock, service, log } = on;
  const at = clock.now().toISOString();
  const ended: Ended = { phase, at, ...(error === undefined ? {} : { error }) };
  // Reported in any case: where the disk takes nothing the fleet must hear of it all the same.
  const isKept = await keepEnd(on, ended);
  log("deploy.ended", { service: service.service, revision: deploy.revision, phase });
  const last = await writeEnd(on, deploy, report, ended);
  // Else the next agent would carry out the deploy once more.
  if (!isKept) await keepEnd(on, ended);
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

/** Reports an end that the journal has, and adds it up. */
async function writeEnd(
  on: DeployContext,
  deploy: Deploy,
  report: RollStatus,
  { at: endedAt, ...how }: Ended,
): Promise<InstanceRollout> {
  const { statusWriter, service, log } = on;
  report.keep({ ...how, endedAt });
  const last = report.draft({});
  const isFailure = how.phase === "failed";
  if (!isFailure) statusWriter.show(last);
  try {
    await retryUntilAvailable(on, deploy, async () => {
      const write = isFailure ? reportFailure(on, deploy, last) : statusWriter.write(last);
      if (!(await write)) throw new Error("another writer changed the report");
      await commitTransition(on, deploy);
    });
  } catch (cause) {
    statusWriter.show(last);
    log("conclude.failed", { service: service.service, error: describe(cause) });
  }
  return last;
}

/** Keeps what runs, what is desired, and the newest of the rest, with the environments of all. */
async function prune({ journal, store, service, log }: DeployContext): Promise<void> {
  const { serving, moves, deploy, servedWith = {} } = journal.current();
  const used = [...Object.values(serving), ...Object.values(moves).map((move) => move.to)];
  const releases = new Set(used.map(({ release }) => release));
  if (deploy) releases.add(deploy.release.id);
  const snapshots = new Set([
    ...used.map(({ snapshot }) => snapshot),
    ...Object.values(servedWith),
  ]);
  try {
    const left = await store.prune({ releases, snapshots, releaseCount: service.keepReleases });
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
