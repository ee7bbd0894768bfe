import { type Rollout, schemaVersion } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { shareOf } from "../../protocol/share.ts";
import type { ReadSlot } from "./slot.ts";
import type { FleetView, ReadRollout, Signs } from "./view.ts";

/** Whether an instance may go on with its roll. */
export type Answer =
  | { readonly act: "go" }
  /** Not now; what it waits for, in words. */
  | { readonly act: "wait"; readonly for: string }
  /** Not at all: another instance failed, or the rollout was stopped. */
  | { readonly act: "halted" };

/** The instance that asks. */
export interface Asker {
  readonly instance: string;
  /** It came in the middle of this rollout and runs `good`. */
  readonly joined: boolean;
}

/** Asked before a slot is taken and before each round: what small keys can tell. */
export function mayTakeSlot({ rollout, pause, isDrained }: Signs, asker: Asker): Answer {
  const phase = rollout?.phase;
  if (phase === "failed" || phase === "halted") return { act: "halted" };
  if (isDrained) return wait(`${asker.instance} to be undrained`);
  if (pause) return wait(`the rollout to be resumed; paused by ${pause.by}: ${pause.reason}`);
  if (asker.joined && phase !== "done") return wait("the rollout, in whose middle it came");
  const { canary } = rollout ?? {};
  if (phase === "canary" && canary !== undefined && canary !== asker.instance) {
    return wait(`the canary, ${canary}`);
  }
  return go;
}

/** The slot that an instance may take, or what it waits for. */
export type Choice =
  | { readonly act: "take"; readonly n: number }
  | { readonly act: "wait"; readonly for: string };

/**
 * Asked before its first round, when everything was read. It is right whatever happens until the
 * slot is taken: that is refused if the slot is no longer as it was read.
 *
 * @param roundBoundMs in which a round is over, whatever becomes of it.
 * @param unchangedMs for how long this agent has seen slot `n` as it is.
 */
export function chooseSlot(
  view: FleetView,
  slots: readonly ReadSlot[],
  service: ServiceFile,
  { instance, session }: { readonly instance: string; readonly session: string },
  roundBoundMs: number,
  unchangedMs: (n: number) => number,
): Choice {
  const { instances, drained, deploy } = view;
  const healthy = instances.filter((it) => it.isHealthy);
  const least = shareOf(service.minHealthy, instances.length);
  const isHealthy = healthy.some((it) => it.name === instance);
  // One that is not healthy takes nothing away, and a rollback is the way out.
  if (healthy.length < least && isHealthy && deploy.kind !== "rollback") {
    return wait(
      `healthy instances: ${healthy.length} of ${instances.length} are, minHealthy is ${service.minHealthy}`,
    );
  }
  // A holder whose session ended may still be in the middle of a round, until that must be over.
  const isTaken = ({ n, session: holding, holder }: ReadSlot) =>
    holding === undefined
      ? holder !== undefined &&
        holder !== instance &&
        instances.some((it) => it.name === holder) &&
        unchangedMs(n) < roundBoundMs
      : holding !== session;
  const taken = slots.filter(isTaken);
  const out = instances.filter((it) => drained.has(it.name)).length;
  const count = slotCount(service, healthy.length) - out;
  if (taken.length >= count) {
    const why = [
      ...taken.map((slot) => slot.holder ?? "another"),
      ...(out > 0 ? [`${out} drained`] : []),
    ];
    return wait(`a slot: maxUnavailable is ${service.maxUnavailable}, out are ${why.join(", ")}`);
  }
  const free = Array.from({ length: count }, (_, i) => i + 1).filter(
    (n) => !taken.some((slot) => slot.n === n),
  );
  const ours = slots.find((slot) => slot.session === session);
  const n = ours?.n ?? free[0];
  return n === undefined ? wait("a slot") : { act: "take", n };
}

/** Instances that may be rolling or drained at the same time. */
export const slotCount = ({ maxUnavailable }: ServiceFile, healthy: number) =>
  Math.max(1, shareOf(maxUnavailable, healthy));

/**
 * What the rollout's document becomes with an instance's first round; undefined where it stays.
 * Written in one transaction with the proof of the slot, so that only one can be the canary.
 */
export function begun(
  { rollout }: ReadRollout,
  service: ServiceFile,
  instance: string,
  at: Date,
): Rollout | undefined {
  if (!rollout) return begunRollout(service, instance, at);
  if (rollout.phase !== "canary" || rollout.canary !== undefined) return undefined;
  return { ...rollout, canary: instance, coordinator: instance };
}

/** The document of a rollout that this instance begins. */
export const begunRollout = (service: ServiceFile, instance: string, at: Date): Rollout => ({
  schema: schemaVersion,
  startedAt: at.toISOString(),
  coordinator: instance,
  ...(service.canary > 0 ? { phase: "canary", canary: instance } : { phase: "rolling" }),
});

const go: Answer = { act: "go" };
const wait = (what: string) => ({ act: "wait", for: what }) as const;
