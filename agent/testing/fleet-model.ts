import type { ServiceInstance } from "../../lib/consul.ts";
import { nextDeploy } from "../../protocol/deploys.ts";
import type { Deploy, InstanceRollout, Pause, Rollout } from "../../protocol/documents.ts";
import { batchBoundSeconds } from "../../protocol/service-file.ts";
import { decide } from "../core/decide.ts";
import type { ServiceState } from "../core/state.ts";
import { admit, begun, chooseSlot } from "../rollout/admission.ts";
import {
  type FleetSnapshot,
  type GateInputs,
  gateInputsOf,
  type ReadReport,
} from "../rollout/fleet-snapshot.ts";
import { type Elapsed, nextRollout, nothingElapsed } from "../rollout/next-phase.ts";
import { rollbackPolicy } from "../rollout/rollback-policy.ts";
import type { ReadSlot } from "../rollout/slot.ts";
import {
  type ProgressTimer,
  progressTimer,
  type UnchangedTimer,
  unchangedTimer,
} from "../rollout/timers.ts";
import { aDeploy, aService } from "./builders.ts";

/** The agents' decisions: the real functions, or one with a planted mistake. */
export const rules = {
  decide,
  admit,
  chooseSlot,
  begun,
  nextRollout,
  rollbackPolicy,
  /** Whether a batch's transaction carries the fence of the slot. */
  provesSlot: true,
  /** Whether it carries the index of the rollout's document. */
  provesRollout: true,
  /** Whether a new instance starts the last known good release. */
  startsGood: true,
  /** Whether an automatic deploy is refused while the service is held. */
  refusesHeld: true,
  /** Whether it is written only over the deploy that was read before the hold was. */
  comparesDeploy: true,
  /** Whether a report of a failure changes the rollout's document as well. */
  countsFailures: true,
};
export type Rules = typeof rules;

/** A rule of docs/rules.md was broken; the message begins with its number. */
export class Broken extends Error {}

interface Entry<T> {
  readonly value: T;
  readonly index: number;
}

/** An agent's next step; each is one exchange with Consul, or one step on its machine. */
type Step =
  | "idle"
  | "start good"
  | "read signs"
  | "read fleet"
  | "read catalogue"
  | "prove"
  | "round"
  | "write report";

/** Reads the fleet, decides and writes: after an agent's own roll, and while it watches. */
interface Concluder {
  step: "off" | "read fleet" | "read catalogue" | "write";
  deploy: Deploy | undefined;
  view: FleetSnapshot | undefined;
  elapsed: Elapsed;
  seen: ProgressTimer | undefined;
}

interface Agent {
  readonly name: string;
  readonly serving: (string | undefined)[];
  isRegistered: boolean;
  isAlive: boolean;
  isHealthy: boolean;
  isRunning: boolean;
  isDrained: boolean;
  /** On disk: */
  deploy: Deploy | undefined;
  ended: "done" | "failed" | "halted" | undefined;
  lateJoiner: number | undefined;
  /** A process restarted by itself after the roll was done, and this is not yet reported. */
  hasFault: boolean;
  /**
   * The good deploy when it began; a deploy that becomes good a moment later is too late for it.
   */
  goodAtBegin: Deploy | undefined;
  session: number | undefined;
  /** In memory: */
  /** Whether it renews its session: a killed agent does so again only when it needs the session. */
  renewsSession: boolean;
  step: Step;
  desired: Deploy | undefined;
  known: GateInputs | undefined;
  view: FleetSnapshot | undefined;
  still: UnchangedTimer;
  waitsForHealth: boolean;
  slot: number | undefined;
  /** The slot that it is about to acquire, as it was read; undefined while it holds one. */
  taking: ReadSlot | undefined;
  report: InstanceRollout | undefined;
  readonly own: Concluder;
  readonly watcher: Concluder;
  roundEndsMs: number;
  /** Until then a process may be out, even if its agent is gone. */
  busyUntilMs: number;
}

const processes = 2;
const none: ReadonlySet<string> = new Set();
const paused: Pause = { schema: 2, by: "", reason: "", at: "" };
const boundMs =
  batchBoundSeconds({
    startTimeoutSeconds: 1,
    drainTimeoutSeconds: 0,
    stopTimeoutSeconds: 1,
  }) * 1000;

/** A small, quick generator of numbers; the same seed gives the same run. */
function numbersFrom(seed: number) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (n: number) => Math.floor(next() * n),
    chance: (part: number) => next() < part,
  };
}

/**
 * One interleaving of a fleet's agents over the pure rules. Their reads and writes to Consul are
 * single steps in any order. Between any two, an agent may die, come back, lose its session, leave,
 * join, be drained, or have a process restart by itself; lists may be stale; the rollout may be
 * paused; uploads are announced and people lift holds. Then the faults stop, and everything must
 * come to an end. After a snapshot of Consul was restored, only one rule is checked: no agent goes
 * back.
 *
 * @param toTheEnd whether the faults stop and the run is followed until it ends.
 * @returns how many steps it took.
 * @throws Broken with the broken rule.
 */
export function explore(seed: number, by: Rules = rules, toTheEnd = true): number {
  const random = numbersFrom(seed);
  /** For people and the network: their choices do not change the order of the agents' steps. */
  const others = numbersFrom(~seed);
  /** For faults of serving processes. */
  const later = numbersFrom(seed ^ 0x5bd1e995);
  const service = aService({
    processes,
    maxUnavailable: 1 + random.below(2),
    canary: random.chance(0.8) ? 1 : 0,
    bakeSeconds: random.chance(0.5) ? 5 : 0,
    watchSeconds: later.chance(0.7) ? 8 : 0,
    minHealthy: random.chance(0.3) ? "50%" : 0,
    maxFailures: random.chance(0.2) ? 1 : 0,
    autoRollback: random.chance(0.85),
    progressDeadlineSeconds: 60,
    startTimeoutSeconds: 1,
    drainTimeoutSeconds: 0,
    stopTimeoutSeconds: 1,
  });
  const agents: Agent[] = [];
  /** Release id → instances on which it fails. */
  const bad = new Map<string, ReadonlySet<string>>();

  // Consul.
  let index = 1;
  let nowMs = 0;
  const sessions = new Set<number>();
  let lastSession = 0;
  let deploy: Entry<Deploy> | undefined;
  let good: Entry<Deploy> | undefined;
  let isHeld = false;
  /** The rollback that was written together with the hold; a hold that is set alone names none. */
  let heldRollback: Deploy | undefined;
  let isPaused = false;
  const slots = new Map<number, ReadSlot>();
  const rollouts = new Map<number, Entry<Rollout>>();
  const reports = new Map<number, Map<string, ReadReport>>();
  /** The stale answers of a server that lags behind. */
  const staleLists = new Map<number, FleetSnapshot>();
  /** An upload whose deploy and hold were read, and whose deploy is not written yet. */
  let announced: { readonly over: number; readonly isRefused: boolean } | undefined;
  let wasRestored = false;

  // The record that the rules are checked against.
  const touched = new Map<number, Set<string>>();
  const opened = new Set<number>();
  /** When everything first served; set again after an interruption. */
  const servedAtMs = new Map<number, number>();
  let rollbacks = 0;
  let requests = 0;

  const at = () => new Date(nowMs);
  const time = () => String(nowMs).padStart(12, "0");
  const broken = (rule: string) => {
    // A snapshot loses slots and rollouts, so batches may overlap; still no deploy goes back.
    if (wasRestored && !rule.startsWith("rule 7: older")) return;
    throw new Broken(`${rule} (at ${nowMs} ms)`);
  };
  const reportsOf = (revision: number) => {
    const found = reports.get(revision) ?? new Map<string, ReadReport>();
    reports.set(revision, found);
    return found;
  };
  const concluder = (): Concluder => ({
    step: "off",
    deploy: undefined,
    view: undefined,
    elapsed: nothingElapsed,
    seen: undefined,
  });

  const addAgent = (serving: string | undefined): Agent => {
    const agent: Agent = {
      name: `web-${agents.length + 1}`,
      serving: Array<string | undefined>(processes).fill(serving),
      isRegistered: true,
      isAlive: true,
      isHealthy: true,
      isRunning: true,
      isDrained: false,
      deploy: undefined,
      ended: undefined,
      lateJoiner: undefined,
      hasFault: false,
      goodAtBegin: undefined,
      session: undefined,
      renewsSession: false,
      step: "idle",
      desired: undefined,
      known: undefined,
      view: undefined,
      still: unchangedTimer(() => nowMs),
      waitsForHealth: false,
      slot: undefined,
      taking: undefined,
      report: undefined,
      own: concluder(),
      watcher: concluder(),
      roundEndsMs: 0,
      busyUntilMs: 0,
    };
    agents.push(agent);
    return agent;
  };

  const setSlot = (n: number, session: number | undefined, holder: string | undefined) => {
    index += 1;
    slots.set(n, { n, index, session: session === undefined ? undefined : `${session}`, holder });
  };
  const holds = (agent: Agent) =>
    agent.slot !== undefined &&
    agent.session !== undefined &&
    slots.get(agent.slot)?.session === `${agent.session}`;
  const giveSlot = (agent: Agent) => {
    if (agent.slot !== undefined && holds(agent)) setSlot(agent.slot, undefined, undefined);
    agent.slot = undefined;
  };
  const endSession = (session: number) => {
    sessions.delete(session);
    for (const { n, session: holding, holder } of slots.values()) {
      if (holding === `${session}`) setSlot(n, undefined, holder);
    }
  };

  const signsNow = (agent: Agent, revision: number): GateInputs => {
    const rollout = rollouts.get(revision);
    return {
      rollout: rollout?.value,
      index: rollout?.index ?? 0,
      since: 0,
      pause: isPaused ? paused : undefined,
      isDrained: agent.isDrained,
    };
  };
  /** The list of a rollout's keys; the rest of the view is read later. */
  const listNow = (of: Deploy): FleetSnapshot => {
    const rollout = rollouts.get(of.revision);
    const now: FleetSnapshot = {
      rollout: rollout?.value,
      index: rollout?.index ?? 0,
      since: 0,
      pause: undefined,
      deploy: of,
      reports: [...reportsOf(of.revision).values()],
      instances: [],
      drained: none,
      unreadable: [],
      coordinator: undefined,
    };
    const stale = staleLists.get(of.revision);
    if (stale && others.chance(0.05)) return stale;
    staleLists.set(of.revision, now);
    return now;
  };
  const withCatalogue = (view: FleetSnapshot): FleetSnapshot => {
    const instances: ServiceInstance[] = [];
    const drained = new Set<string>();
    for (const { name, isRegistered, isAlive, isHealthy, isDrained } of agents) {
      if (isRegistered) instances.push({ name, isAlive, isHealthy: isAlive && isHealthy });
      if (isDrained) drained.add(name);
    }
    const pause = isPaused ? paused : undefined;
    return { ...view, pause, instances, drained };
  };

  const writeReport = (agent: Agent, change: Partial<InstanceRollout>) => {
    const of = agent.deploy as Deploy;
    const before = agent.report as InstanceRollout;
    agent.report = { ...before, ...change };
    index += 1;
    reportsOf(of.revision).set(agent.name, { report: agent.report, index });
  };
  const processReports = (agent: Agent, of: Deploy) =>
    Object.fromEntries(
      agent.serving.map((release, i) => [
        i + 1,
        { release: release ?? of.release.id, phase: "serving" as const, since: time() },
      ]),
    );

  const desiredNow = (agent: Agent): Deploy | undefined => {
    if (!deploy) return undefined;
    const state = { deploy: agent.deploy, ended: agent.ended } as unknown as ServiceState;
    return by.decide(state, deploy.value).act === "roll" ? deploy.value : undefined;
  };

  /** After a restored snapshot revisions are given a second time; then the time decides. */
  const isOlder = (one: Deploy, other: Deploy) =>
    wasRestored ? Date.parse(one.at) < Date.parse(other.at) : one.revision < other.revision;
  const begin = (agent: Agent, of: Deploy) => {
    if (agent.deploy && isOlder(of, agent.deploy)) broken("rule 7: older never overwrites newer");
    agent.ended = undefined;
    agent.hasFault = false;
    if (agent.lateJoiner !== of.revision) agent.lateJoiner = undefined;
    agent.deploy = of;
    agent.goodAtBegin = good?.value;
    agent.still = unchangedTimer(() => nowMs);
    agent.report = {
      schema: 2,
      instance: agent.name,
      service: "web",
      revision: of.revision,
      phase: "waiting",
      seenAt: time(),
      processes: processReports(agent, of),
      connectionsCut: 0,
      ...(agent.lateJoiner === undefined ? {} : { lateJoiner: true }),
    };
    writeReport(agent, {});
    agent.step = left(agent).length > 0 ? "read signs" : "write report";
    if (agent.step === "write report") agent.ended = "done";
  };
  const left = (agent: Agent) =>
    agent.serving.flatMap((it, i) => (it === agent.deploy?.release.id ? [] : [i]));
  /** In one transaction with the rollout's document: a conclusion without it is refused. */
  const writeFailure = (agent: Agent) => {
    const { revision } = agent.deploy as Deploy;
    writeReport(agent, { phase: "failed" });
    const rollout = rollouts.get(revision);
    if (!rollout || rollout.value.endedAt !== undefined || !by.countsFailures) return;
    rollouts.set(revision, { value: rollout.value, index });
  };
  /** Reports a process that restarted by itself while the rollout of its release goes on. */
  const tellFault = (agent: Agent) => {
    const of = agent.deploy as Deploy;
    agent.hasFault = false;
    const rollout = rollouts.get(of.revision)?.value;
    if (agent.ended !== "done" || !rollout || rollout.endedAt !== undefined) return;
    agent.report ??= reportsOf(of.revision).get(agent.name)?.report;
    if (agent.report?.revision !== of.revision) return;
    agent.ended = "failed";
    writeFailure(agent);
    Object.assign(agent.own, { step: "read fleet", deploy: of, elapsed: nothingElapsed });
  };
  const end = (agent: Agent, how: "done" | "failed" | "halted") => {
    agent.ended = how;
    agent.step = "write report";
  };

  const rollingBeside = (agent: Agent) =>
    agents.filter((it) => it.busyUntilMs > nowMs && it !== agent && it.isAlive);
  /** Checked when a slot is chosen: an instance may be drained before it is acquired. */
  const checkUnavailable = (agent: Agent) => {
    const rolling = rollingBeside(agent);
    const drained = agents.filter(
      (it) => it.isRegistered && it.isDrained && it !== agent && !rolling.includes(it),
    );
    const out = rolling.length + drained.length + 1;
    if (drained.length > 0 && out > Number(service.maxUnavailable)) {
      broken(`rule 2: ${agent.name} rolls beside ${drained.map((it) => it.name)}, drained`);
    }
  };
  const startRound = (agent: Agent, of: Deploy) => {
    if (!holds(agent)) broken("rule 9: a batch began without its slot");
    const rolling = rollingBeside(agent);
    if (rolling.length + 1 > Number(service.maxUnavailable)) {
      broken(`rule 2: ${[...rolling, agent].map((it) => it.name).join(", ")} roll at once`);
    }
    const { phase, ownedByLateJoiners } = rollouts.get(of.revision)?.value ?? {};
    if (agent.lateJoiner === of.revision && phase !== "done" && !ownedByLateJoiners) {
      broken("rule 10: an instance that came in the middle rolls before the rollout is done");
    }
    const first = touched.get(of.revision) ?? new Set();
    touched.set(of.revision, first.add(agent.name));
    const others = [...first].filter(
      (name) => name !== agent.name && agents.some((it) => it.name === name && it.isRegistered),
    );
    if (service.canary === 1 && !opened.has(of.revision) && others.length > 0) {
      broken(`rule 2: ${agent.name} rolls beside the canary ${others.join(", ")}`);
    }
    const servesNothing = agent.serving.every((it) => it === undefined);
    if (servesNothing && agent.goodAtBegin && agent.goodAtBegin !== of) {
      broken("rule 10: a new instance does not start what is good");
    }
    agent.roundEndsMs = nowMs + random.below(boundMs);
    agent.busyUntilMs = nowMs + boundMs;
    agent.step = "round";
  };

  /** One step of applying a deploy. */
  const advance = (agent: Agent) => {
    const of = agent.deploy;
    if (agent.step !== "idle" && agent.step !== "start good" && of) {
      const isReplaced = agent.desired !== undefined && agent.desired !== of;
      if (isReplaced && (agent.step === "read signs" || agent.step === "prove")) {
        writeReport(agent, { phase: "superseded" });
        giveSlot(agent);
        agent.step = "idle";
        return;
      }
    }
    switch (agent.step) {
      case "idle": {
        const desired = agent.desired;
        if (agent.hasFault) return tellFault(agent);
        if (!desired || (agent.deploy === desired && agent.ended)) return;
        const isNew = agent.deploy === undefined || agent.serving.every((it) => it === undefined);
        if (isNew && good && by.startsGood) agent.step = "start good";
        else begin(agent, desired);
        return;
      }
      case "start good": {
        if (!good || !agent.desired) return;
        agent.serving.fill(good.value.release.id);
        if (good.value.revision !== agent.desired.revision)
          agent.lateJoiner = agent.desired.revision;
        begin(agent, agent.desired);
        return;
      }
      case "read signs": {
        agent.known = signsNow(agent, (of as Deploy).revision);
        const candidate = { instance: agent.name, lateJoiner: agent.lateJoiner === of?.revision };
        const answer = by.admit(agent.known, candidate);
        if (answer.act === "halted") return end(agent, "halted");
        if (answer.act === "wait") {
          if (agent.report?.phase !== "waiting") writeReport(agent, { phase: "waiting" });
          if (!agent.known.pause) giveSlot(agent);
          return;
        }
        agent.taking = undefined;
        agent.step = agent.slot === undefined ? "read fleet" : "prove";
        return;
      }
      case "read fleet":
        if (agent.session === undefined || !sessions.has(agent.session)) {
          lastSession += 1;
          sessions.add(lastSession);
          agent.session = lastSession;
        }
        agent.renewsSession = true;
        agent.view = listNow(of as Deploy);
        agent.step = "read catalogue";
        return;
      case "read catalogue": {
        const view = withCatalogue(agent.view as FleetSnapshot);
        const read = [...slots.values()];
        agent.still.see(read);
        const { name: instance } = agent;
        const us = { instance, session: `${agent.session}` };
        const { unchangedMs } = agent.still;
        const choice = by.chooseSlot(view, read, service, us, boundMs, unchangedMs);
        agent.known = gateInputsOf(view, instance);
        const still = by.admit(agent.known, {
          instance,
          lateJoiner: agent.lateJoiner === of?.revision,
        });
        agent.step = "read signs";
        agent.waitsForHealth = choice.act === "wait" && choice.for?.startsWith("healthy") === true;
        if (choice.act === "wait" || still.act !== "go") return;
        const { n } = choice;
        checkUnavailable(agent);
        const unused = { n, index: 0, session: undefined, holder: undefined };
        agent.taking = slots.get(n) ?? unused;
        agent.step = "prove";
        return;
      }
      case "prove": {
        const { revision } = of as Deploy;
        const known = agent.known as GateInputs;
        const isSame = (rollouts.get(revision)?.index ?? 0) === known.index;
        const { taking } = agent;
        agent.step = "read signs";
        const isOurs = taking
          ? (slots.get(taking.n)?.index ?? 0) === taking.index && sessions.has(agent.session ?? 0)
          : holds(agent);
        if ((!isSame && by.provesRollout) || (by.provesSlot && !isOurs)) {
          if (isSame) agent.slot = undefined;
          return;
        }
        if (taking) {
          agent.slot = taking.n;
          setSlot(taking.n, agent.session, agent.name);
        }
        const next = by.begun(known, service, agent.name, at());
        index += 1;
        if (next) rollouts.set(revision, { value: next, index });
        if (next?.phase === "rolling") opened.add(revision);
        const startedAt = agent.report?.startedAt ?? time();
        writeReport(agent, { phase: "rolling", startedAt });
        // Beside the fence: a pause that came is seen before anything begins.
        agent.known = signsNow(agent, revision);
        if (agent.known.pause || agent.known.isDrained) return;
        startRound(agent, of as Deploy);
        return;
      }
      case "round": {
        if (nowMs < agent.roundEndsMs) return;
        const target = (of as Deploy).release.id;
        agent.busyUntilMs = 0;
        const n = left(agent)[0] as number;
        if (bad.get(target)?.has(agent.name)) return end(agent, "failed");
        nowMs += 1;
        agent.serving[n] = target;
        const { processes: before } = agent.report as InstanceRollout;
        const served = { release: target, phase: "serving" as const, since: time() };
        writeReport(agent, { processes: { ...before, [n + 1]: served } });
        if (left(agent).length === 0) end(agent, "done");
        else agent.step = "read signs";
        return;
      }
      case "write report":
        if (agent.ended === "failed") writeFailure(agent);
        else writeReport(agent, { phase: agent.ended as "done" });
        agent.step = "idle";
        Object.assign(agent.own, { step: "read fleet", deploy: of, elapsed: nothingElapsed });
        return;
    }
  };

  /** One step of drawing a conclusion. The agent holds its slot until its own roll is concluded. */
  const conclude = (agent: Agent, own: Concluder) => {
    switch (own.step) {
      case "off":
        return;
      case "read fleet":
        own.view = listNow(own.deploy as Deploy);
        own.step = "read catalogue";
        return;
      case "read catalogue":
        own.view = withCatalogue(own.view as FleetSnapshot);
        if (own.seen) own.elapsed = own.seen.see(own.view);
        own.step = "write";
        return;
      case "write": {
        const view = own.view as FleetSnapshot;
        const writer = { instance: agent.name, at: at() };
        const next = by.nextRollout(view, service, own.elapsed, writer);
        const isWritten = next === undefined || writeConclusion(view, next, writer);
        own.step = isWritten ? "off" : "read fleet";
        if (own.step === "off" && own === agent.own) giveSlot(agent);
        return;
      }
    }
  };

  const checkGood = ({ canary }: Rollout, revision: number) => {
    const failed = [...reportsOf(revision).values()].filter(
      ({ report }) => report.phase === "failed",
    );
    const isFatal = failed.some(({ report }) => report.instance === canary);
    if (isFatal || failed.length > service.maxFailures) {
      broken("a release that was reported failed becomes good");
    }
    const watchedMs = nowMs - (servedAtMs.get(revision) ?? nowMs);
    if (watchedMs < service.watchSeconds * 1000) {
      broken("a release becomes good before its watch is over");
    }
  };

  const writeConclusion = (
    view: FleetSnapshot,
    next: Rollout,
    writer: { readonly instance: string; readonly at: Date },
  ): boolean => {
    const { revision } = view.deploy;
    if ((rollouts.get(revision)?.index ?? 0) !== view.index) return false;
    index += 1;
    rollouts.set(revision, { value: next, index });
    if (next.phase === "watching") {
      opened.add(revision);
      servedAtMs.set(revision, nowMs);
    }
    if (next.phase === "done") checkGood(next, revision);
    if (next.phase === "rolling" && !opened.has(revision)) {
      const canary = agents.find((it) => it.name === next.canary);
      const isProven = reportsOf(revision).get(canary?.name ?? "")?.report.phase === "done";
      if (service.canary === 1 && !isProven)
        broken("rule 2: the fleet was opened before the canary was done");
      opened.add(revision);
    }
    if (next.phase === "done") {
      opened.add(revision);
      if (!good || good.value.revision < revision) good = { value: view.deploy, index };
    }
    if (next.phase !== "failed") return true;
    const after = by.rollbackPolicy(
      {
        failed: view.deploy,
        reason: next.reason ?? "",
        standing: deploy?.value,
        good: good?.value,
        goodRestarts: 0,
      },
      service,
      writer,
    );
    if (after.act === "nothing") return true;
    isHeld = true;
    if (after.act === "hold") return true;
    if (view.deploy.kind === "rollback") broken("a rollback was rolled back: it loops");
    rollbacks += 1;
    if (rollbacks > requests) broken("more rollbacks than requests: it loops");
    if (after.deploy.release.id !== good?.value.release.id)
      broken("rolled back to what is not good");
    deploy = { value: after.deploy, index };
    heldRollback = after.deploy;
    return true;
  };

  // The actions of people, machines and the network.
  const unhold = () => {
    isHeld = false;
    heldRollback = undefined;
  };
  /**
   * An upload: the current deploy and the hold are read, and some time later its deploy is written.
   */
  const announce = () => {
    if (requests >= 3) return;
    announced ??= { over: deploy?.index ?? 0, isRefused: isHeld && by.refusesHeld };
    if (others.chance(0.2)) return;
    const { over, isRefused } = announced;
    announced = undefined;
    if (isRefused || (by.comparesDeploy && over !== (deploy?.index ?? 0))) return;
    // A hold that is set alone between the read and the write came after this deploy.
    if (heldRollback && heldRollback === deploy?.value) {
      broken("rule 7: an automatic deploy over a rollback that is held");
    }
    requests += 1;
    const { release } = aDeploy((deploy?.value.newestSequence ?? 0) + 1);
    const kinds = [
      new Set<string>(),
      new Set(agents.map((it) => it.name)),
      new Set([`web-${1 + random.below(agents.length)}`]),
    ];
    bad.set(release.id, kinds[random.below(kinds.length)] as Set<string>);
    const desired = { service: "web", kind: "release", release, reason: "", by: "" } as const;
    index += 1;
    deploy = { value: nextDeploy(deploy?.value, desired, at()), index };
    // These exist only after a restored snapshot: the writer deletes them.
    for (const kept of [rollouts, reports, staleLists]) kept.delete(deploy.value.revision);
  };
  /** Saves Consul's state; the result restores it, without the sessions. */
  const snapshot = () => {
    const saved = { index, deploy, good, isHeld };
    const savedSlots = [...slots];
    const savedRollouts = [...rollouts];
    const savedReports = [...reports].map(([revision, of]) => [revision, new Map(of)] as const);
    return () => {
      ({ index, deploy, good, isHeld } = saved);
      for (const map of [slots, rollouts, reports, staleLists]) map.clear();
      for (const [n, slot] of savedSlots) slots.set(n, { ...slot, session: undefined });
      for (const [revision, rollout] of savedRollouts) rollouts.set(revision, rollout);
      for (const [revision, of] of savedReports) reports.set(revision, new Map(of));
      sessions.clear();
      announced = undefined;
      wasRestored = true;
    };
  };
  const kill = (agent: Agent) => {
    agent.isRunning = false;
    agent.renewsSession = false;
    agent.step = "idle";
    agent.slot = undefined;
    agent.desired = undefined;
    agent.own.step = "off";
    agent.watcher.step = "off";
    agent.watcher.deploy = undefined;
  };
  const restart = (agent: Agent) => {
    agent.isRunning = agent.isAlive;
    // Recovery undoes the batch in progress, so its bound ends.
    if (agent.isRunning) agent.busyUntilMs = 0;
    agent.desired = desiredNow(agent);
    // A killed agent goes on with its roll, and with the slot of its former session.
    if (agent.deploy && !agent.ended && agent.desired === agent.deploy) agent.deploy = undefined;
    if (agent.deploy === undefined && agent.desired && !agent.serving.includes(undefined)) {
      begin(agent, agent.desired);
    }
  };
  const fault = () => {
    const agent = agents[random.below(agents.length)] as Agent;
    switch (random.below(9)) {
      case 0:
        return kill(agent);
      case 1:
        return agent.isRunning || !agent.isRegistered ? undefined : restart(agent);
      case 2:
        if (agent.session !== undefined) endSession(agent.session);
        return;
      case 3:
        agent.isHealthy = !agent.isHealthy;
        return;
      case 4:
        agent.isDrained = random.chance(0.3);
        return;
      case 5:
        isPaused = random.chance(0.4);
        return;
      case 6:
        if (agents.length < 5) addAgent(undefined);
        return;
      case 7:
        // Powers the machine off, or on again.
        if (random.chance(0.5)) {
          agent.isAlive = !agent.isAlive;
          if (!agent.isAlive) kill(agent);
        }
        return;
      case 8:
        if (agents.filter((it) => it.isRegistered).length > 1 && random.chance(0.3)) {
          kill(agent);
          agent.isRegistered = false;
          agent.busyUntilMs = 0;
          if (agent.session !== undefined) endSession(agent.session);
        }
        return;
    }
  };
  /** A rolled process restarts by itself, at any time after its roll. */
  const restartProcess = () => {
    const agent = agents[later.below(agents.length)] as Agent;
    if (agent.ended === "done" && agent.isAlive && agent.deploy !== initial) agent.hasFault = true;
  };
  const mixed = <T>(things: readonly T[]): T[] => {
    const left = [...things];
    return things.map(() => left.splice(later.below(left.length), 1)[0] as T);
  };
  const watch = (agent: Agent) => {
    const { watcher } = agent;
    if (watcher.step !== "off") return conclude(agent, watcher);
    if (!deploy) return;
    if (watcher.deploy !== deploy.value) {
      watcher.deploy = deploy.value;
      watcher.seen = progressTimer(() => nowMs);
    }
    watcher.step = "read fleet";
  };
  const act = (agent: Agent, what: number) => {
    if (!agent.isRunning) return;
    if (what === 0) {
      agent.desired = desiredNow(agent) ?? agent.desired;
      return;
    }
    if (what === 1) return watch(agent);
    if (agent.own.step !== "off") return conclude(agent, agent.own);
    return advance(agent);
  };

  // The run.
  const instances = 2 + random.below(3);
  const isFirst = random.chance(0.15);
  const initial = aDeploy(1, { at: at().toISOString() });
  for (let i = 0; i < instances; i += 1) addAgent(isFirst ? undefined : initial.release.id);
  if (!isFirst) {
    deploy = { value: initial, index };
    good = { value: initial, index };
    bad.set(initial.release.id, new Set(random.chance(0.1) ? ["web-1"] : []));
    for (const agent of agents) {
      agent.deploy = initial;
      agent.ended = "done";
    }
  }
  while (requests === 0) announce();
  let steps = 0;
  let restore: (() => void) | undefined;
  const faulty = 40 + random.below(80);
  for (; steps < faulty; steps += 1) {
    const chosen = random.below(100);
    if (isHeld && others.chance(0.02)) unhold();
    if (!toTheEnd && others.chance(0.01)) restore = snapshot();
    if (others.chance(0.005)) restore?.();
    if (later.chance(0.01)) restartProcess();
    if (chosen < 6) fault();
    else if (chosen < 8) announce();
    else if (chosen < 18) nowMs += random.below(random.chance(0.1) ? boundMs * 2 : 3000);
    else act(agents[random.below(agents.length)] as Agent, chosen < 28 ? 0 : chosen < 42 ? 1 : 2);
  }

  if (!toTheEnd) return steps;

  // Faults stop. Sessions that no agent renews end, and everything that can goes on: it must come
  // to an end.
  isPaused = false;
  for (const agent of agents) {
    agent.isDrained = false;
    if (!agent.isRunning && agent.isRegistered && random.chance(0.7)) restart(agent);
    if (!agent.renewsSession && agent.session !== undefined) endSession(agent.session);
  }
  const isOver = () => {
    const ended = deploy && rollouts.get(deploy.value.revision)?.value.endedAt !== undefined;
    if (!ended) return false;
    return agents.every(
      (it) =>
        !it.isRunning ||
        (it.step === "idle" && it.own.step === "off" && !desiredNow(it)) ||
        // An agent that follows an ended rollout may have to wait for the others' health.
        (it.waitsForHealth && it.step.startsWith("read")),
    );
  };
  const running = agents.some((it) => it.isRunning && it.isRegistered);
  const latest = 120;
  for (let round = 0; running && !isOver(); round += 1) {
    if (round > latest) {
      const phases = agents.map(
        (it) => `${it.name} ${it.isRunning ? it.step : "down"} ${it.ended}`,
      );
      const phase = deploy && rollouts.get(deploy.value.revision)?.value.phase;
      broken(`it does not end: ${phase}; ${phases.join(", ")}`);
    }
    nowMs += 5000;
    const turns = agents.flatMap((agent) =>
      [0, 2, 2, 2, 2, 2, 1, 1, 1].map((what) => ({ agent, what })),
    );
    // Early: a watched process may fail between any two steps of the concluding agents.
    const isEarly = round < 30;
    for (const { agent, what } of isEarly ? mixed(turns) : turns) {
      if (isEarly && later.chance(0.002)) restartProcess();
      act(agent, what);
    }
    steps += turns.length;
  }
  if (isHeld && service.autoRollback === false) broken("held without automatic rollback");
  return steps;
}
