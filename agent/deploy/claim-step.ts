import { aborted, orAborted } from "../../lib/aborted.ts";
import { type BeforeStep, type Deploy, schemaVersion } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { Superseded } from "../core/retry-until-available.ts";
import { cutError, endsBy, mustHaveEnded, unitIntervalMs } from "../health/one-shot-end.ts";
import type { RollStatus } from "../rollout/roll-status.ts";
import { claimOf, isOf, type ReadStep, readStep, writeStep } from "./before-state.ts";
import { type BeforeStepContext, beforeFailed } from "./before-step-context.ts";

/** Between looks at a step that another instance runs. */
const otherIntervalMs = 2000;

/** What a claim of a step needs. */
export interface Claim {
  readonly deploy: Deploy;
  readonly report: Pick<RollStatus, "instance">;
  /** Aborts when a newer deploy has come, or the instance leaves. */
  readonly replaced: AbortSignal;
  /** What this agent wrote for it: it may not know whether Consul took it. */
  readonly claims: Set<string>;
}

/**
 * Waits until no other step runs, and makes this one the deploy's, unless it has ended.
 *
 * @throws Problem where the step failed; Superseded.
 */
export async function claimStep(
  deps: BeforeStepContext,
  claim: Claim,
): Promise<"begin" | "go on" | "done"> {
  const { instance, before } = deps;
  const { deploy, replaced, claims } = claim;
  const readSinceMs = deps.clock.monotonicMs();
  for (;;) {
    const read = await readStep(deps);
    const { step } = read;
    const isOwn = step !== undefined && isOf(step, deploy);
    if (isOwn && step.phase === "done") return "done";
    if (isOwn && step.phase === "failed")
      throw beforeFailed(deps, deploy, step.error ?? "it failed");
    // Consul took a claim, but its answer was lost. It is made anew: its time counts from its start.
    if (isOwn && claims.has(claimOf(step))) {
      if (await beginInConsul(deps, claim, read)) return "begin";
      continue;
    }
    if (isOwn && step.phase === "running" && step.instance === instance) {
      if ((await before.state()) !== "none") return "go on";
      // The machine was cut, or the agent right before the start: nobody knows.
      await writeStep(deps, read, { ...step, phase: "failed", error: cutError });
      continue;
    }
    if (step?.phase === "running") await untilOver(deps, claim, read, step, readSinceMs);
    // Consul may have been restored from an older snapshot.
    else if ((await before.state()) === "running")
      await wait(deps, claim, "an earlier step before, which still runs here", unitIntervalMs);
    else if (replaced.aborted) throw new Superseded();
    else if (await beginInConsul(deps, claim, read)) return "begin";
  }
}

/** Waits a while for a step of somebody else, or says in Consul that it is over. */
async function untilOver(
  deps: BeforeStepContext,
  claim: Claim,
  read: ReadStep,
  step: BeforeStep,
  readSinceMs: number,
): Promise<void> {
  if (await isOver(deps, step, readSinceMs)) {
    await writeStep(deps, read, { ...step, phase: "failed", error: cutError });
    return;
  }
  const what = `the step before revision ${step.revision} on ${step.instance}`;
  const intervalMs = step.instance === deps.instance ? unitIntervalMs : otherIntervalMs;
  await wait(deps, claim, what, intervalMs);
}

/** @throws Superseded. */
async function wait(
  { clock }: BeforeStepContext,
  { report, replaced }: Claim,
  waitsFor: string,
  ms: number,
): Promise<void> {
  report.instance({ phase: "waiting", waitsFor });
  if ((await orAborted(clock.sleep(ms), replaced)) === aborted) throw new Superseded();
}

/**
 * Whether a step that its document calls running has ended, though nobody could write how. An
 * instance that Consul no longer knows says nothing: one that leaves deregisters while the step runs.
 */
async function isOver(
  { instance, before, service, clock }: BeforeStepContext,
  step: BeforeStep,
  readSinceMs: number,
): Promise<boolean> {
  if (step.instance === instance) return (await before.state()) !== "running";
  return mustHaveEnded({ ...timesOf(service), ...step, readSinceMs }, clock) === "yes";
}

const timesOf = ({ before, stopTimeoutSeconds }: ServiceFile) => ({
  ...{ timeoutSeconds: before?.timeoutSeconds ?? 0, stopTimeoutSeconds },
});

async function beginInConsul(
  deps: BeforeStepContext,
  { deploy, claims }: Claim,
  read: ReadStep,
): Promise<boolean> {
  const { before, instance, service, clock } = deps;
  // First of all: what the unit has from now on belongs to this step.
  await before.reset();
  const startedAt = clock.now().toISOString();
  const step: BeforeStep = {
    ...{ schema: schemaVersion, revision: deploy.revision, release: deploy.release.id },
    ...{ deployedAt: deploy.at, instance, phase: "running" },
    ...{ startedAt, endsBy: endsBy(startedAt, timesOf(service)) },
  };
  claims.add(claimOf(step));
  return writeStep(deps, read, step);
}
