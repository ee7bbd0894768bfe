import { aborted, orAborted } from "../../lib/aborted.ts";
import { describe } from "../../lib/problem.ts";
import type { Deploy } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { beforeUnitName } from "../../protocol/units.ts";
import { retryUntilAvailable, Superseded } from "../core/retry-until-available.ts";
import { type OneShotEnd, oneShotEnd } from "../health/one-shot-end.ts";
import { startOneShot } from "../health/start-one-shot.ts";
import type { Target } from "../roll/roll.ts";
import type { RollStatus } from "../rollout/roll-status.ts";
import { withdraw, writeEnd } from "./before-state.ts";
import { type BeforeStepContext, beforeFailed, nameOf } from "./before-step-context.ts";
import { type Claim, claimStep } from "./claim-step.ts";
import { patientUnit } from "./patient-unit.ts";

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
  context: BeforeStepContext,
  deploy: Deploy,
  target: Target,
  report: Pick<RollStatus, "instance">,
): Promise<void> {
  const { latestDeploy, service, log } = context;
  const unit = beforeUnitName(service.service);
  const replaced = latestDeploy.replaced(deploy);
  const deps = { ...context, before: patientUnit(context.before, unit, context) };
  const claiming = { ...context, before: patientUnit(context.before, unit, context, replaced) };
  const step = await claim(claiming, { deploy, report, replaced, claims: new Set() });
  if (step === "done") return;
  report.instance({ phase: "waiting", waitsFor: `its step before, ${nameOf(deps)}` });
  // Also where it was replaced: the next one finds the unit as it is.
  const unstarted = step === "begin" ? await begin(deps, target) : undefined;
  const concluded = endOf(deps, target, unstarted).then((end) => conclude(deps, deploy, end));
  concluded.catch((error) => log("before.unended", { error: describe(error) }));
  if ((await orAborted(concluded, replaced)) === aborted) throw new Superseded();
  report.instance({ waitsFor: undefined });
}

/** Takes back what was written of a claim that nobody will begin: later steps would wait for it. */
async function claim(deps: BeforeStepContext, of: Claim): ReturnType<typeof claimStep> {
  const claiming = retryUntilAvailable(deps, of.deploy, () => claimStep(deps, of));
  try {
    const step = await orAborted(claiming, of.replaced);
    if (step === aborted) throw new Superseded();
    return step;
  } catch (error) {
    const settled = claiming.catch(() => undefined);
    void settled.then(() => withdraw(deps, of.claims));
    throw error;
  }
}

/** @returns why it may not have been started. */
const begin = (
  { service, store, before, clock }: BeforeStepContext,
  { releaseId, environment }: Target,
): Promise<string | undefined> =>
  startOneShot({ store, unit: before, clock }, "before", {
    ...{ releaseId, command: service.before?.command ?? [] },
    environment: { ...environment, SHOESTRING_RELEASE: releaseId },
  });

async function endOf(
  { before, clock }: BeforeStepContext,
  { environment }: Target,
  unstarted: string | undefined,
): Promise<OneShotEnd> {
  const isUnstarted = unstarted !== undefined && (await before.state()) === "none";
  return isUnstarted ? { error: unstarted, output: [] } : oneShotEnd(before, environment, clock);
}

/** Writes how the step ended. @throws Problem where it failed. */
async function conclude(
  deps: BeforeStepContext,
  deploy: Deploy,
  { error, output }: OneShotEnd,
): Promise<void> {
  const { clock, log, service } = deps;
  log("before.ended", { service: service.service, revision: deploy.revision, error });
  await writeEnd(deps, deploy, { error, output, endedAt: clock.now().toISOString() });
  if (error !== undefined) throw beforeFailed(deps, deploy, error);
}
