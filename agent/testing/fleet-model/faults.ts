import type { ModelAgent } from "./model-agent.ts";
import type { ModelFleet } from "./model-fleet.ts";

type Fault = (fleet: ModelFleet, agent: ModelAgent) => void;

/** The most instances that a fleet ever had, with those that left. */
const mostInstances = 5;

/** What can happen to a fleet between any two steps; each is as likely as another. */
const faults: readonly Fault[] = [
  killAgent,
  restartAgent,
  loseSession,
  changeHealth,
  drainOrUndrain,
  pauseOrResume,
  addInstance,
  switchPower,
  removeInstance,
];

export function injectFault(fleet: ModelFleet): void {
  const { order } = fleet.random;
  const agent = fleet.agents[order.below(fleet.agents.length)] as ModelAgent;
  const fault = faults[order.below(faults.length)] as Fault;
  fault(fleet, agent);
}

function killAgent(_: ModelFleet, agent: ModelAgent): void {
  agent.kill();
}

function restartAgent(_: ModelFleet, agent: ModelAgent): void {
  if (!agent.isRunning && agent.instance.isRegistered) agent.restart();
}

function loseSession({ consul }: ModelFleet, { instance }: ModelAgent): void {
  consul.endSession(instance.session);
}

function changeHealth(_: ModelFleet, { instance }: ModelAgent): void {
  instance.isHealthy = !instance.isHealthy;
}

function drainOrUndrain({ random }: ModelFleet, { instance }: ModelAgent): void {
  instance.isDrained = random.order.chance(0.3);
}

function pauseOrResume({ random, consul }: ModelFleet): void {
  consul.isPaused = random.order.chance(0.4);
}

function addInstance(fleet: ModelFleet): void {
  if (fleet.agents.length < mostInstances) fleet.addInstance(undefined);
}

/** Powers the machine off, or on again. */
function switchPower({ random }: ModelFleet, agent: ModelAgent): void {
  const { instance } = agent;
  if (!random.order.chance(0.5)) return;
  instance.isAlive = !instance.isAlive;
  if (!instance.isAlive) agent.kill();
}

function removeInstance({ random, consul, instances }: ModelFleet, agent: ModelAgent): void {
  const { instance } = agent;
  const registered = instances.filter((it) => it.isRegistered);
  if (registered.length <= 1 || !random.order.chance(0.3)) return;
  agent.kill();
  instance.isRegistered = false;
  instance.busyUntilMs = 0;
  consul.endSession(instance.session);
}
