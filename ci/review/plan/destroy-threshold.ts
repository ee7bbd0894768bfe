import { type Change, takesAway } from "./changes.ts";

/** The label with which a person approves everything that a pull request destroys. */
export const destroyLabel = "destroy-reviewed";

/** A pull request that destroys or replaces this many objects needs the label. */
const destroyThreshold = 5;

/** Types that hold data, which cannot be made again: one of them is enough to need the label. */
const holdsData: ReadonlySet<string> = new Set([
  "aws_db_instance",
  "aws_db_snapshot",
  "aws_dynamodb_table",
  "aws_ebs_volume",
  "aws_efs_file_system",
  "aws_kms_key",
  "aws_rds_cluster",
  "aws_route53_zone",
  "aws_s3_bucket",
  "aws_secretsmanager_secret",
]);

/**
 * The reason why a pull request needs the label, if it does.
 *
 * @param changes of all its stacks together: five stacks that lose one object each lose five.
 */
export function whyLabel(changes: readonly Change[]): string | undefined {
  const goes = changes.filter(takesAway);
  const data = goes.find(({ type }) => holdsData.has(type));
  if (data) return `${data.address} holds data, and it would be gone`;
  if (goes.length < destroyThreshold) return undefined;
  return `${goes.length} objects are destroyed or replaced, and from ${destroyThreshold} on a person has to say so`;
}
