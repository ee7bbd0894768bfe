import type { ProcessPhase, ProcessStep } from "../../protocol/documents.ts";
import { processBoundSeconds, settingsOf } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile, workerPort } from "../../protocol/service-file.ts";
import type { Place, PlaceContents } from "../core/effects.ts";
import type { Serving } from "../core/state.ts";
import { type StepName, stepNames } from "../core/step-names.ts";
import type { Context } from "./context.ts";
import { drain } from "./drain.ts";
import { offerStatic } from "./offer-static.ts";
import { untilHealthy } from "./probe.ts";
import { stop } from "./stop.ts";

/** The roll of one process from the side that serves to the other side. */
export interface ProcessRoll {
  readonly n: number;
  /** Undefined where nothing serves yet. */
  readonly from: Serving | undefined;
  readonly to: Serving;
  readonly contents: PlaceContents;
  /** Called when the new process has given its first good answer. */
  readonly onAnswer?: () => void;
  /** Aborts the boot of a process whose batch will not come. */
  readonly stop?: AbortSignal;
}

export interface Step {
  readonly name: StepName;
  /** Its name in the report, the same in both strategies. */
  readonly timedAs: ProcessStep;
  /** The phase that is reported while it runs. */
  readonly phase: ProcessPhase;
  readonly run: (context: Context, roll: ProcessRoll) => Promise<void>;
}

/**
 * The steps of a process. `converge` undoes them after a failure, or after a kill before the last
 * step of `serve`; after a later kill it finishes them. So the steps need no undo of their own.
 */
export interface Strategy {
  /** The steps until the new process serves. The last one is the commitment. */
  readonly serve: readonly Step[];
  /** The steps for the old process afterwards; the next batch does not wait for them. */
  readonly retire: readonly Step[];
}

/** @throws Problem when a process that serves the environment restarted: no other process gets it. */
export async function refuseFaulty({ health }: Context, environmentId: string): Promise<void> {
  const fault = await health.faultOf(environmentId);
  if (fault) throw fault;
}

const pointAtNew = async (context: Context, roll: ProcessRoll) => {
  const { gate, service, supervisor } = context;
  const { n, to } = roll;
  await refuseFaulty(context, to.environmentId);
  await supervisor.promote(newPlace(roll));
  await offerStatic(context, n, to.release);
  await gate.point(frontPort(service, n), workerPort(service, n, to.side));
};

const atLast = { timedAs: "open", phase: "switching", run: pointAtNew } as const;

const steps: Readonly<Record<StepName, Omit<Step, "name">>> = {
  "close gate": {
    timedAs: "close",
    phase: "out",
    run: async ({ gate, service }, { n, from }) => {
      if (from) await gate.close(frontPort(service, n), gateBoundSeconds(service, n));
    },
  },
  drain: {
    timedAs: "drain",
    phase: "draining",
    run: async (context, roll) => {
      const old = oldPlace(roll);
      if (old) await drain(context, old);
    },
  },
  stop: {
    timedAs: "stop",
    phase: "stopping",
    run: async (context, roll) => {
      const old = oldPlace(roll);
      if (old) await stop(context, old);
    },
  },
  stage: {
    timedAs: "stage",
    phase: "starting",
    run: ({ store }, roll) => store.stage(newPlace(roll), roll.contents),
  },
  start: {
    timedAs: "start",
    phase: "starting",
    run: ({ supervisor }, roll) => supervisor.start(newPlace(roll)),
  },
  probe: {
    timedAs: "probe",
    phase: "probing",
    run: (context, roll) => untilHealthy(context, newPlace(roll), roll.to.release, roll),
  },
  "switch gate": atLast,
  "open gate": atLast,
};

const strategy = (name: ServiceFile["strategy"]): Strategy => {
  const step = (it: StepName): Step => ({ name: it, ...steps[it] });
  return { serve: stepNames[name].serve.map(step), retire: stepNames[name].retire.map(step) };
};
const strategies = { overlap: strategy("overlap"), "in-place": strategy("in-place") };

/** The steps of process n. */
export const strategyOf = (service: ServiceFile, n: number): Strategy =>
  strategies[settingsOf(service, n).strategy];

/** Journalled before an undo begins, so that a new agent does not finish a move undone in part. */
export const undoStep = "undo" satisfies ProcessStep;

/**
 * Bound after which the closed gate of a process opens by itself: as long as the steps behind it may
 * take, so that a dead agent cannot keep a process out of rotation.
 */
export const gateBoundSeconds = (service: ServiceFile, n: number): number =>
  processBoundSeconds(settingsOf(service, n));

export const newPlace = ({ n, to }: ProcessRoll): Place => ({ n, side: to.side });
const oldPlace = ({ n, from }: ProcessRoll): Place | undefined => from && { n, side: from.side };
