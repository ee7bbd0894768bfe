export type { Behaviour } from "./behaviour.ts";
export { deaths, type Fault, type FaultKind, failures } from "./effects.ts";
export { type SimulatedMachine, simulatedMachine } from "./simulated-machine.ts";
