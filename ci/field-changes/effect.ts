import type { Change } from "../review/plan/changes.ts";
import { isGuarded, whyLabel } from "../review/plan/destroy-threshold.ts";

/** What a change does to a running service, the worst last. */
export const effects = [
  "nothing",
  "in place",
  "rolling update",
  "instance refresh",
  "replacement",
  "refused",
] as const;
export type Effect = (typeof effects)[number];

/** The effect of a plan's changes, of all stacks together. */
export function effectOf(changes: readonly Change[]): Effect {
  if (changes.length === 0) return "nothing";
  if (whyLabel(changes) !== undefined) return "replacement";
  if (changes.some(beginsRefresh)) return "instance refresh";
  return changes.some(startsTasks) ? "rolling update" : "in place";
}

/** A change of these begins an instance refresh, in a group that has one. */
const refreshing = /^(launch_template|mixed_instances_policy)\b/;

const beginsRefresh = ({ kind, type, attributes }: Change) =>
  kind === "update" &&
  type === "aws_autoscaling_group" &&
  attributes.some(({ path }) => refreshing.test(path));

/** ECS starts tasks of another definition beside the old ones. */
const startsTasks = ({ kind, type, attributes }: Change) =>
  kind === "update" &&
  type === "aws_ecs_service" &&
  attributes.some(({ path }) => path === "task_definition");

const verbs = { destroy: "destroys", replace: "replaces", update: "updates", create: "creates" };

/** Types that a page names of each verb. */
const mostTypes = 3;

/**
 * What Terraform does, like "replaces `aws_ecs_task_definition`; updates `aws_ecs_service`". Of a
 * replacement only what needs the label, and not what every instance refresh has.
 */
export function deedsOf(changes: readonly Change[]): string {
  const isTold = telling[effectOf(changes)] ?? (() => true);
  return Object.entries(verbs)
    .flatMap(([kind, verb]) => {
      const types = changes.filter((it) => it.kind === kind && isTold(it)).map(({ type }) => type);
      const names = [...new Set(types)].sort().map((it) => `\`${it}\``);
      if (names.length === 0) return [];
      const more = names.length - mostTypes;
      const shown = more > 1 ? [...names.slice(0, mostTypes), `${more} more types`] : names;
      return [`${verb} ${shown.join(", ")}`];
    })
    .join("; ");
}

const refreshTypes: readonly string[] = ["aws_autoscaling_group", "aws_launch_template"];

const telling: Readonly<Partial<Record<Effect, (change: Change) => boolean>>> = {
  replacement: isGuarded,
  "instance refresh": ({ kind, type }) => !(kind === "update" && refreshTypes.includes(type)),
};
