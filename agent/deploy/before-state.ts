import type { Consul } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { BeforeStep, type Deploy, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, Log } from "../core/effects.ts";
import { retryUntilDone } from "../core/retry-until-done.ts";

interface BeforeStateContext {
  readonly service: ServiceFile;
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
}

/** The document of the step, as it was read, and the index to write over it. */
export interface ReadStep {
  readonly step: BeforeStep | undefined;
  readonly index: number;
}

export async function readStep({
  consul,
  service,
}: Pick<BeforeStateContext, "consul" | "service">): Promise<ReadStep> {
  const key = keys.before(service.service);
  const { found } = await consul.get(key);
  const step = found && parseDocument(BeforeStep, key, found.value);
  return { step, index: found?.modifyIndex ?? 0 };
}

/** @returns false where another writer was faster. */
export const writeStep = (
  { consul, service }: Pick<BeforeStateContext, "consul" | "service">,
  { index }: ReadStep,
  step: BeforeStep,
): Promise<boolean> =>
  consul.write([
    { verb: "cas", key: keys.before(service.service), value: JSON.stringify(step), index },
  ]);

/** Whether a step is that of the deploy. An older agent did not write when its deploy was made. */
export const isOf = (step: BeforeStep, { revision, release, at }: Deploy): boolean =>
  step.revision === revision &&
  step.release === release.id &&
  (step.deployedAt === undefined || step.deployedAt === at);

/** Writes how the step ended, also for a deploy that was replaced meanwhile: others wait for it. */
export const writeEnd = (
  deps: BeforeStateContext,
  deploy: Deploy,
  {
    error,
    ...end
  }: { readonly error: string | undefined } & Pick<BeforeStep, "endedAt" | "output">,
): Promise<void> =>
  untilWritten(deps, async () => {
    const read = await readStep(deps);
    const { step } = read;
    if (!step || !isOf(step, deploy) || step.phase !== "running") return true;
    const how =
      error === undefined ? { phase: "done" as const } : { phase: "failed" as const, error };
    return writeStep(deps, read, { ...step, ...end, ...how });
  });

/** Takes back what this agent wrote of a step that it did not begin, so that another one may. */
export async function withdraw(
  deps: BeforeStateContext,
  claims: ReadonlySet<string>,
): Promise<void> {
  if (claims.size === 0) return;
  await untilWritten(deps, async () => {
    const { step, index } = await readStep(deps);
    if (!step || !claims.has(claimOf(step))) return true;
    const key = keys.before(deps.service.service);
    return deps.consul.write([{ verb: "delete-cas", key, index }]);
  });
}

/** The name of one claim of a step. */
export const claimOf = ({ instance, startedAt, phase }: BeforeStep): string =>
  `${instance} ${startedAt} ${phase}`;

/** Tries again while Consul is away, or another writer is faster. */
const untilWritten = (
  { clock, log }: BeforeStateContext,
  write: () => Promise<boolean>,
): Promise<void> =>
  retryUntilDone(
    clock,
    async () => {
      while (!(await write()));
    },
    (error) => log("before.unwritten", { error: describe(error) }),
  );
