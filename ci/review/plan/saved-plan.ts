import { readFileSync } from "node:fs";
import { strFromU8, unzipSync } from "fflate";
import { describe, Problem } from "../../../lib/problem.ts";
import { configOf, type StackConfig } from "./stack-contents.ts";

/** The state that a plan was made from. */
export interface StateVersion {
  readonly lineage: string;
  readonly serial: number;
}

/** The parts of a saved plan besides the plan. */
export interface SavedPlan {
  /** The stack as it was planned, without metadata. */
  readonly config: StackConfig;
  /** The `.terraform.lock.hcl` of the providers that planned. */
  readonly lock: string;
  /** Undefined if there was no state yet. */
  readonly state?: StateVersion;
}

/**
 * Opens a saved plan: Terraform keeps in it the code and the state that it was made from.
 * (A zip, see internal/plans/planfile in Terraform's source. The files' names held from 0.12 to 1.14.)
 *
 * @throws Problem for a file that is not a saved plan.
 */
export function readSavedPlan(file: string): SavedPlan {
  try {
    const entries = unzipSync(readFileSync(file));
    const text = (name: string) => {
      const entry = entries[name];
      if (!entry) throw new Error(`it has no ${name}`);
      return strFromU8(entry);
    };
    const state = stateVersion(text("tfstate"));
    return {
      config: configOf(text("tfconfig/m-/cdk.tf.json")),
      lock: text(".terraform.lock.hcl"),
      ...(state === undefined ? {} : { state }),
    };
  } catch (cause) {
    throw new Problem({
      happened: `${file} is no saved plan: ${describe(cause)}`,
      unchanged: "nothing was applied",
      next: "plan again",
      cause,
    });
  }
}

/** @param text of a state; a stack that was never applied has no state, or an empty one. */
export function stateVersion(text: string): StateVersion | undefined {
  if (text.trim() === "") return undefined;
  const { lineage, serial } = JSON.parse(text) as StateVersion;
  return lineage === "" ? undefined : { lineage, serial };
}
