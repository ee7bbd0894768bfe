import { unknown } from "./attributes.ts";
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
 * Types that answer requests, or run what does: one of them is enough, too. AWS deletes the old one
 * before it makes another, so also a replacement is an outage.
 */
const serves: ReadonlySet<string> = new Set([
  "aws_autoscaling_group",
  "aws_cloudfront_distribution",
  "aws_ecs_service",
  "aws_instance",
  "aws_lb",
  "aws_lb_listener",
  "aws_lb_listener_rule",
  "aws_lb_target_group",
  "aws_nat_gateway",
  "aws_network_interface",
  "aws_route53_record",
]);

/**
 * Types whose replacement nobody misses: a certificate that is in use stays until the next one is,
 * a validation is nothing at AWS, and tasks run on while their definition has a newer one.
 */
const renewed: ReadonlySet<string> = new Set([
  "aws_acm_certificate",
  "aws_acm_certificate_validation",
  "aws_ecs_task_definition",
]);

/** Whether it is only renewed, like the records that prove a certificate, whose names ACM makes. */
const isRenewed = ({ kind, type, attributes }: Change) =>
  kind === "replace" &&
  (renewed.has(type) ||
    (type === "aws_route53_record" &&
      attributes.some(({ path, after }) => path === "name" && after === unknown)));

/** Whether a change alone is enough to need the label. */
export const isGuarded = (it: Change): boolean =>
  takesAway(it) && !isRenewed(it) && (holdsData.has(it.type) || serves.has(it.type));

/**
 * The reason why a pull request needs the label, if it does.
 *
 * @param changes of all its stacks together: five stacks that lose one object each lose five.
 */
export function whyLabel(changes: readonly Change[]): string | undefined {
  const goes = changes.filter((it) => takesAway(it) && !isRenewed(it));
  const data = goes.find(({ type }) => holdsData.has(type));
  if (data) return `${data.address} holds data, and it would be gone`;
  const serving = goes.find(({ type }) => serves.has(type));
  if (serving) {
    const until = serving.kind === "replace" ? " until there is another one" : "";
    return `${serving.address} serves, and it would be gone${until}`;
  }
  if (goes.length < destroyThreshold) return undefined;
  return `${goes.length} objects are destroyed or replaced, and from ${destroyThreshold} on a person has to say so`;
}
