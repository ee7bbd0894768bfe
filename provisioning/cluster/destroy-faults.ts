import type { AppliedResource } from "../../terraform/terraform.ts";

/** Types whose data cannot be made again. A bucket of releases is filled by the next push. */
const holdsData: ReadonlySet<string> = new Set([
  "aws_db_instance",
  "aws_dynamodb_table",
  "aws_ebs_volume",
  "aws_efs_file_system",
  "aws_kms_key",
  "aws_rds_cluster",
  "aws_route53_zone",
  "aws_secretsmanager_secret",
]);

/** The addresses of an applied cluster that stand against its destroy. */
export interface DestroyFaults {
  /** AWS refuses to delete them while they are protected. */
  readonly isProtected: readonly string[];
  /** Their data would be gone, or would be only in a last snapshot. */
  readonly holdData: readonly string[];
  /** Databases that would leave no last snapshot. */
  readonly leaveNoSnapshot: readonly string[];
}

export function destroyFaults(resources: readonly AppliedResource[]): DestroyFaults {
  const managed = resources.filter(({ mode }) => mode === "managed");
  const those = (is: (it: AppliedResource) => boolean) =>
    managed.filter(is).map(({ address }) => address);
  return {
    isProtected: those(
      ({ values }) =>
        values.deletion_protection === true || values.enable_deletion_protection === true,
    ),
    holdData: those((it) => holdsData.has(it.type) && !isPrivateZone(it)),
    leaveNoSnapshot: those(
      ({ type, values }) => type === "aws_db_instance" && values.skip_final_snapshot === true,
    ),
  };
}

/** A zone of a network has only names that Terraform makes, and goes with the network. */
const isPrivateZone = ({ type, values }: AppliedResource) =>
  type === "aws_route53_zone" && values.vpc?.length > 0;

/** The buckets of an applied cluster. */
export const bucketsOf = (resources: readonly AppliedResource[]): string[] =>
  resources
    .filter(({ mode, type }) => mode === "managed" && type === "aws_s3_bucket")
    .map(({ values }) => String(values.bucket));
