import type { Entry, Operation } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { auditOperation } from "../../protocol/deploys.ts";
import type { Context } from "./context.ts";

/** One key that a person sets or removes. */
export interface AuditedWrite {
  /** The action's name in the audit: the command. */
  readonly action: string;
  readonly key: string;
  readonly reason: string;
  /** The entry as it was read; undefined where there was none. */
  readonly before: Entry | undefined;
  /** The new text; undefined removes the key. */
  readonly after: string | undefined;
  readonly at: Date;
  /** Operations in the same transaction. @default none */
  readonly also?: readonly Operation[];
  /** The command that shows the key. @default shoestring status */
  readonly showCommand?: string;
}

/**
 * Writes the change over exactly the entry that was read, with its audit record, in one
 * transaction.
 *
 * @throws Problem where somebody else was faster.
 */
export async function writeAudited(context: Context, change: AuditedWrite): Promise<void> {
  if (!(await offerAudited(context, change))) throw changedMeanwhile(change);
}

/** Like `writeAudited`. @returns false where somebody else was faster. */
export async function offerAudited(
  { consul, by, newId }: Context,
  { action, key, reason, before, after, at, also = [] }: AuditedWrite,
): Promise<boolean> {
  const index = before?.modifyIndex ?? 0;
  return consul.write([
    after === undefined
      ? { verb: "delete-cas", key, index }
      : { verb: "cas", key, value: after, index },
    auditOperation(
      { by, action, key, reason },
      { before: before?.value, after },
      { at, id: newId() },
    ),
    ...also,
  ]);
}

export const changedMeanwhile = ({
  key,
  showCommand = "shoestring status",
}: Pick<AuditedWrite, "key" | "showCommand">): Problem =>
  new Problem({
    happened: `${key} was changed by somebody else at the same time`,
    unchanged: "their change stands",
    next: `look at it and try again: ${showCommand}`,
  });
