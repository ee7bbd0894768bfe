import type { Accepted } from "./finding.ts";

/**
 * Findings against our stacks that may stay: by cfn-lint 1.58, parliament 1.6 and the models of botocore
 * 1.44. Any other finding is an error, and so is an accepted one that is not found.
 */
export const accepted: readonly Accepted[] = [
  {
    rule: "W3010",
    at: /./,
    why: "a cluster is in zones that its file chooses: each costs a NAT gateway, and subnets keep theirs",
  },
  {
    rule: "E3023",
    at: /consul_record/,
    why: "the simulated provider gives a network interface no address; AWS takes one of the subnet",
  },
  {
    rule: "W3691",
    at: /database/,
    why: "a major version stands for its newest minor one; cfn-lint reads the first one, which is retired",
  },
  {
    rule: "UNKNOWN_CONDITION_FOR_ACTION",
    at: / sts:AssumeRoleWithWebIdentity token\.actions\.githubusercontent\.com:(aud|sub)$/,
    why: "the keys of GitHub's tokens: parliament knows those of AWS itself",
  },
  {
    rule: "UNKNOWN_CONDITION_FOR_ACTION",
    at: /artifacts_role-policy.* lambda:SourceFunctionArn$/,
    why: "a key of calls that a function makes, whatever service it calls; here it denies them",
  },
  {
    rule: "UNKNOWN_CONDITION_FOR_ACTION",
    at: /account_apply-cluster-.* iam:UpdateAssumeRolePolicy iam:PermissionsBoundary$/,
    why: "AWS's reference has iam:PermissionsBoundary for UpdateAssumeRolePolicy; parliament's data are older",
  },
  {
    rule: "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
    at: /account_apply-cluster-/,
    why: "who applies a cluster writes the policies of its buckets; the pull request is what guards that",
  },
];

const inPlace =
  "the provider has a call that changes it in place; CloudFormation does not use that";
const anew =
  "the provider makes a new object, and CloudFormation finds a call or a way that hides it";

/** Where CloudFormation and Terraform's provider replace an object for different changes. */
export const acceptedReplacements: readonly Accepted[] = [
  {
    rule: "only-aws-replaces",
    at: /^aws_vpc_security_group_(in|e)gress_rule\./,
    why: `${inPlace}: ModifySecurityGroupRules`,
  },
  {
    rule: "only-aws-replaces",
    at: /^aws_route_table_association\.route_table_id$/,
    why: `${inPlace}: ReplaceRouteTableAssociation`,
  },
  {
    rule: "only-aws-replaces",
    at: /^aws_db_instance\.(identifier|db_subnet_group_name)$/,
    why: `${inPlace}: ModifyDBInstance`,
  },
  {
    rule: "only-aws-replaces",
    at: /^aws_autoscaling_lifecycle_hook\.autoscaling_group_name$/,
    why: "the provider does not mark it: it puts the hook to the other group and leaves the first one's",
  },
  {
    rule: "only-facts-replace",
    at: /^aws_autoscaling_group\.initial_lifecycle_hook$/,
    why: "the provider sends it with the creation only; hooks of their own change in place",
  },
  {
    rule: "only-facts-replace",
    at: /^aws_acm_certificate\.validation_method$|^aws_eip\.(domain|public_ipv4_pool)$/,
    why: anew,
  },
  {
    rule: "only-facts-replace",
    at: /^aws_s3_bucket\.object_lock_enabled$/,
    why: "S3 takes it later since 2023; the provider has aws_s3_bucket_object_lock_configuration for that",
  },
  {
    rule: "only-facts-replace",
    at: /^aws_cloudwatch_log_group\.log_group_class$|^aws_lambda_event_source_mapping\.(queues|topics)$/,
    why: anew,
  },
  {
    rule: "only-facts-replace",
    at: /^aws_lb_target_group\.target_control_port$/,
    why: "newer than the sources that either side was read from",
  },
  {
    rule: "only-facts-replace",
    at: /^aws_route53_record\.name$|^aws_sqs_queue_policy\.queue_url$/,
    why: "another name or queue is another object; CloudFormation makes the new and deletes the old one",
  },
];
