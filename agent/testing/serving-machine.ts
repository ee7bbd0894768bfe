import type { ProcessPhase } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Context } from "../roll/context.ts";
import type { Target } from "../roll/roll.ts";
import { aTarget } from "./builders.ts";
import { rolledMachine } from "./rolled-machine.ts";
import type { Behaviour, SimulatedMachine } from "./simulated-machine/index.ts";

/** The release that serves, and the one that is rolled to. */
export const old = aTarget(1);
export const next = aTarget(2);

export const strategies = ["overlap", "in-place"] as const;

/** What every process of the machine serves when it serves one release. */
export const all = ({ releaseId }: Target) => Array.from({ length: 4 }, () => releaseId);

/** A machine on which the old release serves, and what its agents report. */
export async function servingMachine(
  differs: Partial<ServiceFile> = {},
  behaviours: Readonly<Record<string, Behaviour>> = {},
) {
  const phases: string[] = [];
  let cut = 0;
  const recorder: Partial<Context> = {
    report: (n: number, phase: ProcessPhase) => void phases.push(`${n} ${phase}`),
    countConnectionsCut: (n: number) => {
      cut += n;
    },
  };
  const on = await rolledMachine(old, { service: differs, behaviours, context: () => recorder });
  return { ...on, phases, cut: () => cut };
}

/** Runs until the work ends or the agent dies in it. */
export async function untilDeath(machine: SimulatedMachine, work: Promise<unknown>) {
  const death = new Promise<"died">((resolve) => {
    const look = () => (machine.isDead() ? resolve("died") : setImmediate(look));
    look();
  });
  return Promise.race([
    work.then(
      () => "ended",
      () => "failed",
    ),
    death,
  ]);
}
