import { type AttributeChange, attributeChanges } from "./attributes.ts";
import type { PlanJson, ResourceChange } from "./plan-json.ts";

/** The kinds of changes of one object; the first three take something away. */
export const kinds = [
  "destroy",
  "replace",
  "forget",
  "create",
  "update",
  "import",
  "move",
  "output",
] as const;
export type Kind = (typeof kinds)[number];

/** The change of one object in a plan, without secrets. */
export interface Change {
  readonly kind: Kind;
  readonly address: string;
  readonly type: string;
  /** Its address before a `moved` block. */
  readonly from?: string;
  /** The id that it is imported by. */
  readonly imports?: string;
  /** The reason, if Terraform gives one. */
  readonly why?: string;
  readonly attributes: readonly AttributeChange[];
}

/** All changes of a plan; those that take something away come first. */
export function changesOf(plan: PlanJson): Change[] {
  return [...(plan.resource_changes ?? []).flatMap(changeOf), ...outputs(plan)].sort(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || compare(a.address, b.address),
  );
}

/** Whether a change takes away something that is there. */
export const takesAway = ({ kind }: Change): boolean => kind === "destroy" || kind === "replace";

function changeOf(it: ResourceChange): Change[] {
  const kind = kindOf(it);
  if (kind === undefined) return [];
  const { change, deposed, previous_address: from, action_reason: reason } = it;
  const isMoved = from !== undefined && from !== it.address;
  const listsAttributes =
    kind === "update" || kind === "replace" || kind === "create" || kind === "import";
  return [
    {
      kind,
      address: deposed ? `${it.address} (deposed ${deposed})` : it.address,
      type: it.type,
      ...(isMoved ? { from } : {}),
      ...(change.importing ? { imports: change.importing.id ?? "an id known after apply" } : {}),
      ...(reason ? { why: reasons[reason] ?? reason.replaceAll("_", " ") } : {}),
      attributes: listsAttributes ? attributeChanges(change, change.replace_paths) : [],
    },
  ];
}

function kindOf({ mode, change, previous_address, address }: ResourceChange): Kind | undefined {
  const actions = change.actions;
  if (mode === "data" || actions.join() === "read") return undefined;
  // A later Terraform may combine "delete" with other words.
  if (actions.includes("delete")) return actions.length > 1 ? "replace" : "destroy";
  if (actions.includes("forget")) return actions.length > 1 ? "replace" : "forget";
  if (change.importing) return "import";
  if (actions.includes("create")) return "create";
  if (actions.includes("update")) return "update";
  if (actions.join() !== "no-op") return "replace";
  return previous_address !== undefined && previous_address !== address ? "move" : undefined;
}

const outputs = ({ output_changes = {} }: PlanJson): Change[] =>
  Object.entries(output_changes)
    .filter(([, { actions }]) => actions.join() !== "no-op")
    .map(([name, change]) => ({
      kind: "output",
      address: `output.${name}`,
      type: "output",
      attributes: attributeChanges(change),
    }));

/** Plain words for Terraform's own reasons. */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: "its last creation failed half-way (tainted)",
  replace_because_cannot_update: "it cannot be changed in place",
  replace_by_request: "asked for with -replace",
  replace_by_triggers: "replace_triggered_by",
  delete_because_no_resource_config: "it is no longer in the code",
  delete_because_no_module: "its module is no longer in the code",
  delete_because_count_index: "count became smaller",
  delete_because_each_key: "its key is no longer in for_each",
  delete_because_wrong_repetition: "count or for_each came or went",
  delete_because_no_move_target: "it was moved to what is not in the code",
};

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
