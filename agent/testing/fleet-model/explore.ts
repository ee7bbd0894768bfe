/*
 * A model of a rollout. Its agents decide by the real rules, which are pure; every exchange with
 * Consul around them is one step, and the steps of all agents come in any order.
 *
 * What it does not prove: that the agent makes just these exchanges. `model-slot-gate.ts` states
 * `agent/rollout/slot-gate.ts` again, and `concluder.ts` the coordinator and
 * `agent/rollout/commit-transition.ts`. Tests hold the real ones, with the whole agent, but in few
 * orders: `agent/rollout/fleet.test.ts`, `watching.test.ts`, `boot-ahead.test.ts`,
 * `unreadable.test.ts`, `restored.test.ts` and `coordinator-lock.test.ts` beside it,
 * `agent/deploy/apply-deploy.test.ts`, and `agent/interrupted.exhaustive.test.ts`, which fails
 * each exchange and kills the agent at it. Nor does it prove anything of a roll on a machine,
 * which is one step a batch here (`agent/roll/roll.exhaustive.test.ts`), or of a Consul that is
 * away: the model's always answers.
 */

import type { SeededRandom } from "../../../lib/seeded-random.ts";
import { injectFault } from "./faults.ts";
import type { Loop, ModelAgent } from "./model-agent.ts";
import { ModelFleet } from "./model-fleet.ts";
import { batchBoundMs } from "./model-service.ts";
import { type Rules, rules } from "./rules.ts";

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
  const fleet = new ModelFleet(seed, by);
  fleet.begin();
  const withFaults = runWithFaults(fleet, !toTheEnd);
  if (!toTheEnd) return withFaults;
  stopFaults(fleet);
  const afterFaults = runToTheEnd(fleet);
  fleet.invariants.checkHold();
  return withFaults + afterFaults;
}

/** @param restores whether snapshots of Consul are taken and restored. */
function runWithFaults(fleet: ModelFleet, restores: boolean): number {
  const { consul, people, clock, random } = fleet;
  const { order } = random;
  let restore: (() => void) | undefined;
  const count = 40 + order.below(80);
  for (let step = 0; step < count; step += 1) {
    const chosen = order.below(100);
    if (consul.isHeld && random.people.chance(0.02)) people.liftHold();
    if (restores && random.people.chance(0.01)) restore = fleet.snapshot();
    if (random.people.chance(0.005)) restore?.();
    if (random.processes.chance(0.01)) fleet.restartProcess();
    if (chosen < 6) injectFault(fleet);
    else if (chosen < 8) people.announce();
    else if (chosen < 18) clock.pass(order.below(order.chance(0.1) ? batchBoundMs * 2 : 3000));
    else anAgent(fleet).act(chosen < 28 ? "follow deploy" : chosen < 42 ? "watch" : "roll");
  }
  return count;
}

const anAgent = ({ agents, random }: ModelFleet) =>
  agents[random.order.below(agents.length)] as ModelAgent;

/** Sessions that no agent renews end, and everything that can goes on. */
function stopFaults({ consul, agents, random }: ModelFleet): void {
  consul.isPaused = false;
  for (const agent of agents) {
    const { instance } = agent;
    instance.isDrained = false;
    if (!agent.isRunning && instance.isRegistered && random.order.chance(0.7)) agent.restart();
    agent.expireSession();
  }
}

/** More rounds than any rollout needs. */
const mostRounds = 120;
/** Early: a watched process may fail between any two steps of the concluding agents. */
const earlyRounds = 30;
const roundMs = 5000;
/** An agent's steps in each round. */
const loops: readonly Loop[] = [
  "follow deploy",
  ...Array<Loop>(5).fill("roll"),
  ...Array<Loop>(3).fill("watch"),
];

/** Nothing stands in the way any more: it must come to an end. */
function runToTheEnd(fleet: ModelFleet): number {
  const { agents, clock, consul, invariants } = fleet;
  if (!agents.some((it) => it.isRunning && it.instance.isRegistered)) return 0;
  let steps = 0;
  for (let round = 0; !isOver(fleet); round += 1) {
    if (round > mostRounds) {
      const phase = consul.deploy && consul.rollout(consul.deploy.revision)?.phase;
      invariants.neverEnds(
        phase,
        agents.map((it) => it.describe()),
      );
    }
    clock.pass(roundMs);
    steps += round < earlyRounds ? earlyRound(fleet) : lateRound(fleet);
  }
  return steps;
}

function isOver({ consul, agents }: ModelFleet): boolean {
  const { deploy } = consul;
  if (!deploy || consul.rollout(deploy.revision)?.endedAt === undefined) return false;
  return agents.every((it) => it.isAtRest());
}

interface AgentStep {
  readonly agent: ModelAgent;
  readonly loop: Loop;
}

const stepsOf = ({ agents }: ModelFleet): AgentStep[] =>
  agents.flatMap((agent) => loops.map((loop) => ({ agent, loop })));

function earlyRound(fleet: ModelFleet): number {
  const { processes } = fleet.random;
  const steps = mixed(stepsOf(fleet), processes);
  for (const { agent, loop } of steps) {
    if (processes.chance(0.002)) fleet.restartProcess();
    agent.act(loop);
  }
  return steps.length;
}

function lateRound(fleet: ModelFleet): number {
  const steps = stepsOf(fleet);
  for (const { agent, loop } of steps) agent.act(loop);
  return steps.length;
}

function mixed<T>(things: readonly T[], random: SeededRandom): T[] {
  const left = [...things];
  return things.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
