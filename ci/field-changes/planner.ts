import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFunction } from "../../functions/package.ts";
import { Problem } from "../../lib/problem.ts";
import { simulatedTerraform } from "../../local/terraform/simulated.ts";
import type { Cluster } from "../../modules/cluster/index.ts";
import { type Change, changesOf } from "../review/plan/changes.ts";
import { parsePlan } from "../review/plan/plan-json.ts";
import { synthesiseClusters } from "../stacks/synthesise-clusters.ts";
import { baseCluster } from "./base-cluster.ts";
import { deedsOf, type Effect, effectOf } from "./effect.ts";
import { changedCluster, type FieldChange } from "./field-change.ts";
import { shapeOf } from "./shape.ts";

/** What a change of a field does, as its plan says. */
export interface Outcome {
  readonly effect: Effect;
  /** What Terraform does, or why the synth refuses the change. */
  readonly deeds: string;
}

export interface Planner {
  /** Plans a change of the base cluster, on simulated providers. */
  plan(change: FieldChange): Promise<Outcome>;
  /** Deletes the folder with the states. */
  end(): void;
}

/** @throws Problem with terraform's own words, if it is missing or fails. */
export async function startPlanner(): Promise<Planner> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-field-changes-"));
  const terraform = await simulatedTerraform();
  await packageFunction("announce");
  const base = synthesised(baseCluster);
  const applied = new Set<string>();
  const planned = new Map<string, readonly Change[]>();
  // As deep as in a synth: a stack names the function's archive relative to itself.
  const at = (stack: string) => join(folder, "stacks", stack);
  const write = (stack: string, text: string) =>
    writeFileSync(join(at(stack), "cdk.tf.json"), text.replaceAll('"/state/', `"${folder}/`));

  async function applyBase(stack: string) {
    if (applied.has(stack)) return;
    mkdirSync(at(stack), { recursive: true });
    write(stack, base.get(stack) as string);
    await terraform.init(at(stack));
    await terraform.plan(at(stack));
    await terraform.apply(at(stack));
    applied.add(stack);
  }

  async function changesIn(stack: string, text: string): Promise<readonly Change[]> {
    const before = base.get(stack) as string;
    const key = `${stack} ${shapeOf(JSON.parse(before), JSON.parse(text)).join()}`;
    const known = planned.get(key);
    if (known) return known;
    await applyBase(stack);
    write(stack, text);
    await terraform.plan(at(stack));
    const changes = changesOf(parsePlan(await terraform.showPlan(at(stack))));
    planned.set(key, changes);
    return changes;
  }

  return {
    async plan(change) {
      const stacks = synthesisedOrRefused(changedCluster(change));
      if (stacks instanceof Problem) return { effect: "refused", deeds: stacks.happened };
      const changes: Change[] = [];
      for (const [stack, text] of stacks) {
        if (text !== base.get(stack)) changes.push(...(await changesIn(stack, text)));
      }
      return { effect: effectOf(changes), deeds: deedsOf(changes) };
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const synthesised = (cluster: Cluster) => synthesiseClusters([{ file: baseCluster.name, cluster }]);

function synthesisedOrRefused(cluster: Cluster) {
  try {
    return synthesised(cluster);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
