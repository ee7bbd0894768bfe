import type { ServiceFile } from "../../protocol/service-file.ts";

/**
 * The steps of a roll in their order, by strategy. The last step of `serve` is the commitment: the
 * new process serves. `retire` then drains and stops the old one where that is still to do.
 */
export const stepNames = {
  overlap: {
    serve: ["stage", "start", "probe", "switch gate"],
    retire: ["drain", "stop"],
  },
  "in-place": {
    serve: ["close gate", "drain", "stop", "stage", "start", "probe", "open gate"],
    retire: [],
  },
} as const satisfies Record<ServiceFile["strategy"], Record<"serve" | "retire", readonly string[]>>;

type Names = (typeof stepNames)[ServiceFile["strategy"]];
export type StepName = Names["serve" | "retire"][number];

/** Whether a process whose roll was cut at this step goes on to the new release. */
export function isCommitted(strategy: ServiceFile["strategy"], step: string): boolean {
  const { serve, retire } = stepNames[strategy];
  return step === serve.at(-1) || retire.some((name) => name === step);
}
