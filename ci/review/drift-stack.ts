import { happening } from "../../lib/problem.ts";
import { type Drift, driftOf } from "./drift.ts";
import { parsePlan } from "./plan-json.ts";
import { withoutSecrets } from "./shown.ts";
import { readStack } from "./stack-contents.ts";
import type { Terraform } from "./terraform.ts";

/** What a look at one stack found. */
export type DriftReport =
  | { readonly stack: string; readonly outcome: "looked"; readonly drift: readonly Drift[] }
  | { readonly stack: string; readonly outcome: "failed"; readonly words: string };

/** Looks whether a stack is as Terraform left it; that nobody can look is an answer too. */
export async function lookAt(
  terraform: Terraform,
  stack: string,
  folder: string,
): Promise<DriftReport> {
  try {
    await terraform.init(folder);
    await terraform.plan(folder, "-refresh-only");
    const found = parsePlan(await terraform.show(folder));
    return { stack, outcome: "looked", drift: driftOf(found, readStack(folder).config) };
  } catch (error) {
    return { stack, outcome: "failed", words: withoutSecrets(happening(error)) };
  }
}
