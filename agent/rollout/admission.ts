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

/** Called before a slot is acquired and before each batch; it reads small keys only. */
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
 * Whether an instance rolls like the others. A late joiner waits for the end of the rollout, unless
 * only late joiners are left to apply it.
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
      /** Undefined for a wait of a moment. */
      readonly for: string | undefined;
      /** Whether it can ignore slots that change hands, because others come before it. */
      readonly isFar: boolean;
      /** When to look again although nothing changed. @default as usual */
      readonly againMs?: number;
    };

/** An instance leaves a free slot for this long to each instance that comes before it. */
const patienceMs = 500;
/**
 * This many waiting instances watch every slot, so that the next can step in when the first is
 * gone.
 */
const near = 3;
/** The shortest time that a roll takes: an instance with others before it need not look sooner. */
const shortestRollMs = 1000;
const longestFarMs = 15_000;

/**
 * Called before the first batch, with everything read. A stale answer does no harm: Consul refuses
 * the slot if it changed since it was read.
 *
 * Waiting instances acquire slots in the order of their names, so that few try to lock a slot that
 * another gets. An agent that is gone blocks no other: after a while the next instance acquires the
 * slot.
 *
 * @param batchBoundMs the time within which a batch ends, whatever becomes of it.
 * @param unchangedMs how long this agent has seen slot `n` unchanged.
 */
export function chooseSlot(
  view: FleetSnapshot,
  slots: readonly ReadSlot[],
  service: ServiceFile,
  { instance, session }: { readonly instance: string; readonly session: string },
  batchBoundMs: number,
  unchangedMs: (n: number) => number,
): SlotChoice {
  const { instances, drained, deploy } = view;
  const healthy = instances.filter((it) => it.isHealthy);
  const least = shareOf(service.minHealthy, instances.length);
  // Rolling an unhealthy instance costs no capacity, and a rollback is the remedy.
  const isHeldBack = (name: string) =>
    healthy.length < least && deploy.kind !== "rollback" && healthy.some((it) => it.name === name);
  if (isHeldBack(instance)) {
    return wait(
      `healthy instances: ${healthy.length} of ${instances.length} are, minHealthy is ${service.minHealthy}`,
    );
  }
  // A holder whose session ended may still be in the middle of a batch, until the batch's time is
  // up.
  const isTaken = ({ n, session: holding, holder }: ReadSlot) =>
    holding === undefined
      ? holder !== undefined &&
        holder !== instance &&
        instances.some((it) => it.name === holder) &&
        unchangedMs(n) < batchBoundMs
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
  // Each instance before this one is to take a free slot of its own, so this one counts on to the
  // next: those that look at once try different slots. Where more wait than are free, it goes round.
  const n = free[before % free.length] as number;
  const againMs = Math.max(0, before - free.length + 1) * patienceMs - unchangedMs(n);
  if (againMs <= 0) return { act: "take", n };
  return isFar ? { ...inQueue, againMs } : { act: "wait", for: undefined, isFar, againMs };
}

/** The reason for a wait while drained instances use up `maxUnavailable`. */
const undrained = (drained: readonly string[], { maxUnavailable }: ServiceFile) =>
  `${drained.join(", ")} to be undrained (shoestring undrain ${drained[0]}), or for a larger maxUnavailable: it is ${maxUnavailable}, and a drained instance counts as unavailable`;

const farMs = (rolls: number) =>
  Math.min(longestFarMs, Math.max(shortestRollMs, rolls * shortestRollMs));

/** Instances that also wait for a slot and come before this one. */
function waitingBefore(view: FleetSnapshot, instance: string): string[] {
  const { rollout, reports, instances, drained } = view;
  // The others may not acquire a slot yet.
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
 * The rollout's document after an instance's first batch began; undefined if it does not change. It
 * is written in one transaction with the fence of the slot, so that only one instance can be the
 * canary.
 */
export function begun(
  { rollout }: ReadRollout,
  service: ServiceFile,
  instance: string,
  at: Date,
): Rollout | undefined {
  if (!rollout) return begunRollout(service, instance, at);
  if (rollout.phase !== "canary" || rollout.canary !== undefined) return undefined;
  return { ...rollout, canary: instance, writtenBy: instance };
}

/** The document of a rollout that this instance begins. */
export const begunRollout = (service: ServiceFile, instance: string, at: Date): Rollout => ({
  schema: schemaVersion,
  startedAt: at.toISOString(),
  writtenBy: instance,
  ...(service.canary > 0 ? { phase: "canary", canary: instance } : { phase: "rolling" }),
});

const go: Admission = { act: "go" };
const wait = (what: string) => ({ act: "wait", for: what, isFar: false }) as const;
