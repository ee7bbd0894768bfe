import type { Applied } from "../../terraform/terraform.ts";
import { lint } from "./cfn-lint.ts";
import type { Values } from "./cloudformation/configured.ts";
import { documentOf, type Resource } from "./cloudformation/document.ts";
import { schemasIn } from "./cloudformation/schemas.ts";
import type { Finding } from "./finding.ts";
import { judgePolicies, policiesOf } from "./policies.ts";
import type { Programs } from "./programs.ts";
import { compareReplacement, type ProviderFacts } from "./replacement.ts";
import { judgeByModels, modelsIn } from "./service-models.ts";

/** A stack with the state after its apply. */
export interface AppliedStack {
  readonly name: string;
  readonly resources: readonly Resource[];
}

/**
 * Puts a stack as it was written beside its state.
 *
 * @param json the stack's `cdk.tf.json`
 */
export function appliedStack(name: string, json: string, { resources }: Applied): AppliedStack {
  const { resource } = JSON.parse(json) as {
    resource: Record<string, Record<string, Values>>;
  };
  const ours = resources.filter(({ mode, type }) => mode === "managed" && type.startsWith("aws_"));
  return {
    name,
    resources: ours.map(({ address, type, name: label, values }) => ({
      address,
      type,
      written: resource[type]?.[label] ?? {},
      applied: values,
    })),
  };
}

/** What the programs say, and how much they looked at. */
export interface Judgement {
  readonly findings: readonly Finding[];
  /** What has no place in CloudFormation's form, so that nobody judged it. */
  readonly unplaced: readonly string[];
  /** Resources that cfn-lint read, values that a service's model has a rule for, policies. */
  readonly looked: {
    readonly resources: number;
    readonly values: number;
    readonly policies: number;
  };
}

/**
 * Asks programs that nobody here wrote what they say against stacks.
 *
 * @param region where the stacks are: schemas differ by region
 */
export async function judge(
  stacks: readonly AppliedStack[],
  region: string,
  { cfnLint, parliament, packages }: Programs,
): Promise<Judgement> {
  const schemas = schemasIn(packages, region);
  const models = modelsIn(packages);
  const conversions = new Map(
    stacks.map(({ name, resources }) => [name, documentOf(resources, schemas)]),
  );
  const byModels = [...conversions].map(([name, it]) => judgeByModels(name, it, models));
  const policies = stacks.flatMap(({ name, resources }) =>
    resources.flatMap(({ address, applied }) => policiesOf(`${name}/${address}`, applied)),
  );
  const linted = await lint(cfnLint, conversions, region);
  const judged = await judgePolicies(parliament, policies);
  const sum = (counts: readonly number[]) => counts.reduce((all, it) => all + it, 0);
  return {
    findings: [...linted, ...byModels.flatMap(({ findings }) => findings), ...judged],
    unplaced: [...new Set([...conversions.values()].flatMap(({ unplaced }) => [...unplaced]))],
    looked: {
      resources: sum([...conversions.values()].map(({ addresses }) => addresses.size)),
      values: sum(byModels.map(({ compared }) => compared)),
      policies: policies.length,
    },
  };
}

/** Holds what replaces an object at CloudFormation against what does so at the simulated provider. */
export const judgeReplacement = (
  facts: ReadonlyMap<string, ProviderFacts>,
  region: string,
  { packages }: Programs,
): Finding[] => compareReplacement(facts, schemasIn(packages, region));
