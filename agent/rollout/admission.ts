import { isKnownPhase, type Rollout, schemaVersion } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { shareOf } from "../../protocol/share.ts";
import type { FleetSnapshot, GateInputs, ReadRollout } from "./fleet-snapshot.ts";
import type { ReadSlot } from "./slot.ts";

/** Whether an instance may go on with its roll. */
export type Admission =
  | { readonly act: "go" }
  /** Not now; what it waits for, in words. */
  | { readonly act: "wait"; readonly for: string }
  /** Not at all: another instance failed, or the rollout was stopped. */
  | { readonly act: "halted" };

/** The instance that asks. */
export interface Candidate {
  readonly instance: string;
  /** It came in the middle of this rollout and runs `good`. */
  readonly lateJoiner: boolean;
}

/** Asked before a slot is taken and before each batch: what small keys can tell. */
export function admit({ rollout, pause, isDrained }: GateInputs, candidate: Candidate): Admission {
  const phase = rollout?.phase;
  if (phase === "failed" || phase === "halted") return { act: "halted" };
  if (isDrained) return wait(`${candidate.instance} to be undrained`);
  if (pause) return wait(`the rollout to be resumed; paused by ${pause.by}: ${pause.reason}`);
  if (phase !== undefined && !isKnownPhase(phase)) {
    return wait(`a phase that this agent knows; the rollout is "${phase}"`);
  }
  if (!takesPart(rollout, candidate)) return wait("the rollout, in whose middle it came");
  const { canary } = rollout ?? {};
  if (phase === "canary" && canary !== undefined && canary !== candidate.instance) {
    return wait(`the canary, ${canary}`);
  }
  return go;
}

/**
 * Whether an instance rolls like the others. One that came in the middle waits for the end of the
 * rollout, unless the rollout is left to those that came.
 */
export const takesPart = (
  rollout: Rollout | undefined,
  { lateJoiner }: { readonly lateJoiner?: boolean | undefined },
): boolean => !lateJoiner || rollout?.ownedByLateJoiners === true || rollout?.phase === "done";

/** The slot that an instance may take, or what it waits for. */
export type SlotChoice =
  | { readonly act: "take"; readonly n: number }
  | {
      readonly act: "wait";
      /** Undefined: only for a moment. */
      readonly for: string | undefined;
      /** Whether it need not hear of every slot that changes hands: others come before it. */
      readonly isFar: boolean;
      /** When to look again, though nothing changed; undefined: no sooner than usual. */
      readonly againMs?: number;
    };

/** For so long one leaves a free slot to each that comes before it. */
const patienceMs = 500;
/** So many that wait hear of every slot that changes hands: the next one, should the first be gone. */
const near = 3;
/** A roll takes no less, so whoever is behind others need not look for as long. */
const shortestRollMs = 1000;
const longestFarMs = 15_000;

/**
 * Asked before its first batch, when everything was read. It is right whatever happens until the
 * slot is taken: that is refused if the slot is no longer as it was read.
 *
 * Instances that wait take slots in the order of their names, so that few try to lock one that
 * another gets. An agent that is gone holds nobody up: after a while the next one takes its turn.
 *
 * @param roundBoundMs in which a batch is over, whatever becomes of it.
 * @param unchangedMs for how long this agent has seen slot `n` as it is.
 */
export function chooseSlot(
  view: FleetSnapshot,
  slots: readonly ReadSlot[],
  service: ServiceFile,
  { instance, session }: { readonly instance: string; readonly session: string },
  roundBoundMs: number,
  unchangedMs: (n: number) => number,
): SlotChoice {
  const { instances, drained, deploy } = view;
  const healthy = instances.filter((it) => it.isHealthy);
  const least = shareOf(service.minHealthy, instances.length);
  // One that is not healthy takes nothing away, and a rollback is the way out.
  const isHeldBack = (name: string) =>
    healthy.length < least && deploy.kind !== "rollback" && healthy.some((it) => it.name === name);
  if (isHeldBack(instance)) {
    return wait(
      `healthy instances: ${healthy.length} of ${instances.length} are, minHealthy is ${service.minHealthy}`,
    );
  }
  // A holder whose session ended may still be in the middle of a batch, until that must be over.
  const isTaken = ({ n, session: holding, holder }: ReadSlot) =>
    holding === undefined
      ? holder !== undefined &&
        holder !== instance &&
        instances.some((it) => it.name === holder) &&
        unchangedMs(n) < roundBoundMs
      : holding !== session;
  const taken = slots.filter(isTaken);
  const out = instances.flatMap(({ name }) => (drained.has(name) ? [name] : []));
  const count = slotCount(service, healthy.length) - out.length;
  if (count <= 0) return wait(undrained(out, service));
  const before = waitingBefore(view, instance).filter((name) => !isHeldBack(name)).length;
  const isFar = before >= near;
  const inQueue = {
    ...wait(`a slot: maxUnavailable is ${service.maxUnavailable}, others come before it`),
    isFar,
  };
  if (taken.length >= count) {
    const why = [
      ...taken.map((slot) => slot.holder ?? "another"),
      ...out.map((name) => `${name} (drained)`),
    ];
    if (isFar) return { ...inQueue, againMs: farMs(before / count) };
    return wait(`a slot: maxUnavailable is ${service.maxUnavailable}, out are ${why.join(", ")}`);
  }
  const ours = slots.find((slot) => slot.session === session);
  if (ours) return { act: "take", n: ours.n };
  const free = Array.from({ length: count }, (_, i) => i + 1).filter(
    (n) => !taken.some((slot) => slot.n === n),
  );
  const n = free[before % free.length] as number;
  const againMs = Math.max(0, before - free.length + 1) * patienceMs - unchangedMs(n);
  if (againMs <= 0) return { act: "take", n };
  return isFar ? { ...inQueue, againMs } : { act: "wait", for: undefined, isFar, againMs };
}

/** What must happen before anybody may roll: drained instances count as unavailable. */
const undrained = (drained: readonly string[], { maxUnavailable }: ServiceFile) =>
  `${drained.join(", ")} to be undrained (shoestring undrain ${drained[0]}), or for a larger maxUnavailable: it is ${maxUnavailable}, and a drained instance counts as unavailable`;

const farMs = (rolls: number) =>
  Math.min(longestFarMs, Math.max(shortestRollMs, rolls * shortestRollMs));

/** Instances that wait for a slot as well and come before this one. */
function waitingBefore(view: FleetSnapshot, instance: string): string[] {
  const { rollout, reports, instances, drained } = view;
  // Nobody else may take one.
  if (rollout?.phase === "canary" && rollout.canary !== undefined) return [];
  const waiting = new Set(
    reports
      .filter(({ report }) => report.phase === "waiting" && takesPart(rollout, report))
      .map(({ report }) => report.instance),
  );
  return instances
    .filter(({ name, isAlive }) => isAlive && name < instance && waiting.has(name))
    .filter(({ name }) => !drained.has(name))
    .map(({ name }) => name);
}

/** Instances that may be rolling or drained at the same time. */
const slotCount = ({ maxUnavailable }: ServiceFile, healthy: number) =>
  Math.max(1, shareOf(maxUnavailable, healthy));

/**
 * What the rollout's document becomes with an instance's first batch; undefined where it stays.
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

const go: Admission = { act: "go" };
const wait = (what: string) => ({ act: "wait", for: what, isFar: false }) as const;
