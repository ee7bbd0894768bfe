import { ConsulAway, ConsulDenied } from "../protocol/consul.ts";
import type { Deploy, InstanceRollout, TimedStep } from "../protocol/documents.ts";
import { describe, happening } from "../protocol/problem.ts";
import { rolloutSpan, rollSpans } from "../protocol/trace/spans.ts";
import { type RollReport, rollReport } from "./fleet/report.ts";
import type { Reporter } from "./fleet/reporter.ts";
import { concludeRollout } from "./fleet/rollout.ts";
import { turnOf } from "./fleet/turn.ts";
import { type Preparation, prepare } from "./prepare.ts";
import type { Context } from "./roll/context.ts";
import { rollInstance } from "./roll/roll.ts";
import { timed } from "./timed.ts";
import type { Tracing } from "./trace/tracing.ts";
import type { Wishes } from "./wishes.ts";

/** What a deploy is carried out with. */
export interface Carrying extends Preparation, Omit<Context, "tell" | "took" | "countCut"> {
  readonly instance: string;
  readonly reporter: Reporter;
  readonly wishes: Wishes;
  readonly tracing: Tracing;
}

/** How long a Consul that is away is left alone. */
const retryMs = 500;

/** Thrown inside, when a newer deploy came while this one waited. */
class Superseded extends Error {}

/**
 * Carries out one deploy on this instance, from the wish to the report (design §4): prepare,
 * take a slot, roll, conclude. Never rejects; what went wrong is kept, reported and logged.
 */
export async function carryOut(on: Carrying, deploy: Deploy): Promise<void> {
  const { journal, service, log, clock } = on;
  await journal.change((state) => {
    const { ended: _, ...rest } = state;
    return { ...rest, deploy };
  });
  const report = rollReport({ ...on, deploy });
  const turn = turnOf(on, deploy);
  turn.prepare();
  let last: InstanceRollout | undefined;
  try {
    const prepared = (took: TimedStep) => {
      report.took(took);
      log("prepared", { release: deploy.release.id, ms: took.ms });
    };
    const target = await timed(clock, "prepare", prepared, () =>
      withConsul(on, deploy, () => prepare(on, journal.current(), deploy)),
    );
    report.instance({ phase: "waiting" });
    const { process: tell, took, addCut: countCut } = report;
    const context = { ...on, tell, took, countCut };
    const end = await rollInstance(
      context,
      target,
      () => timed(clock, "slot", took, () => withConsul(on, deploy, () => turn.mayGoOn(report))),
      () => void report.instance({ servedAt: on.clock.now().toISOString() }),
    );
    if (end === "superseded") throw new Superseded();
    last = await conclude(on, deploy, report, end);
  } catch (error) {
    if (error instanceof Superseded) {
      report.instance({ phase: "superseded" });
    } else {
      log("deploy.failed", { service: service.service, error: describe(error) });
      last = await conclude(on, deploy, report, "failed", happening(error));
    }
  } finally {
    await turn.end();
    if (last) on.tracing.tell(rollSpans(service.cluster, deploy, last));
    await prune(on);
  }
}

/** Keeps, reports and adds up how the roll ended here. The slot is still held meanwhile. */
async function conclude(
  on: Carrying,
  deploy: Deploy,
  report: RollReport,
  phase: "done" | "failed" | "halted",
  error?: string,
): Promise<InstanceRollout> {
  const { journal, consul, instance, clock, reporter, service, log } = on;
  const at = clock.now();
  const because = error === undefined ? {} : { error };
  await journal.change((state) => ({
    ...state,
    ended: { phase, at: at.toISOString(), ...because },
  }));
  log("deploy.ended", { service: service.service, revision: deploy.revision, phase });
  const last: InstanceRollout = report.instance({ phase, endedAt: at.toISOString(), ...because });
  try {
    await withConsul(on, deploy, async () => {
      if (!(await reporter.write(last))) throw new Error("another writer changed the report");
      await concludeRollout(consul, deploy, instance, clock.now(), (rollout) =>
        on.tracing.tell([rolloutSpan(service.cluster, deploy, rollout, error)]),
      );
    });
  } catch (cause) {
    log("conclude.failed", { service: service.service, error: describe(cause) });
  }
  return last;
}

/** Repeats what needs Consul until it answers, or until the deploy is no longer wanted. */
async function withConsul<T>(on: Carrying, deploy: Deploy, act: () => Promise<T>): Promise<T> {
  let said = "";
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ConsulAway || error instanceof ConsulDenied)) throw error;
      if (error.message !== said) on.log("consul.wait", { error: error.message });
      said = error.message;
      if (on.wishes.replaced(deploy).aborted) throw new Superseded();
      await on.clock.sleep(retryMs);
    }
  }
}

/** Keeps what runs, what is wished, and the newest of the rest. */
async function prune({ journal, store, service, log }: Carrying): Promise<void> {
  const { serving, moves, deploy } = journal.current();
  const used = [...Object.values(serving), ...Object.values(moves).map((move) => move.to)];
  const releases = new Set(used.map(({ release }) => release));
  if (deploy) releases.add(deploy.release.id);
  const snapshots = new Set(used.map(({ snapshot }) => snapshot));
  try {
    await store.prune({ releases, snapshots, releaseCount: service.keepReleases });
  } catch (error) {
    log("prune.failed", { error: describe(error) });
  }
}
