import { Name } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { accountRule, regionRule, subnetIdsRule } from "../shared/common-rules.ts";
import type { TraceSpec } from "../spec/cluster.ts";
import { bucketName } from "./names.ts";

export interface ArtifactsProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** The AWS account, 12 digits: part of the bucket's name. */
  readonly account: string;
  /** The AWS region, like `eu-central-1`: part of the bucket's name. */
  readonly region: string;
  /** The VPC in which the announce function runs. */
  readonly vpcId: string;
  /** Private subnets of the announce function; they reach Consul, S3 and SSM. */
  readonly subnetIds: readonly string[];
  /** Consul's HTTP API as the function reaches it, like `http://consul.staging.internal:8500`. */
  readonly consulAddress: string;
  /** Security group of the Consul servers; the function may then call only these. @default it may call any address, on Consul's port */
  readonly consulSecurityGroupId?: string;
  /** SSM parameter with the function's Consul token, read when it runs; Terraform never sees the value. */
  readonly consulTokenParameter: string;
  /** URL of the SSM endpoint that the function asks. @default the region's own */
  readonly parametersUrl?: string;
  /** Collector to which the function sends a span for each announcement. @default none */
  readonly trace?: TraceSpec;
  /** Path of the announce function's zip, relative to the project's root; Terraform reads it during a plan. @default "dist/announce.zip" */
  readonly functionPackage?: string;
  /** SNS topic that is notified when any alarm begins and when it ends. */
  readonly alarmTopicArn: string;
  /** Age at which an archive tagged `expire=yes` is deleted, in days; others stay for good. @default 90 */
  readonly retentionDays?: number;
}

export const artifactsDefaults = {
  functionPackage: "dist/announce.zip",
  retentionDays: 90,
} as const;

export function artifactsRules(
  props: Required<Omit<ArtifactsProps, "consulSecurityGroupId" | "parametersUrl" | "trace">>,
) {
  const longestCluster = 63 - bucketName({ ...props, cluster: "" }).length;
  return [
    rule(
      "cluster",
      props.cluster,
      `a lower-case letter, then letters, digits or dashes, at most ${longestCluster} in all for the bucket's name, like "staging"`,
      (it) => Name.safeParse(it).success && it.length <= longestCluster,
    ),
    accountRule(props.account),
    regionRule(props.region),
    subnetIdsRule(props.subnetIds),
    rule(
      "consulAddress",
      props.consulAddress,
      'a URL with nothing after the port, like "http://consul.staging.internal:8500"',
      (it) => /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(it) && URL.canParse(it),
    ),
    rule(
      "consulTokenParameter",
      props.consulTokenParameter,
      'the full name of an SSM parameter, like "/shoestring/staging/announce/consul-token"',
      (it) => /^(\/[A-Za-z0-9_.-]+)+$/.test(it),
    ),
    rule("functionPackage", props.functionPackage, 'a zip, like "dist/announce.zip"', (it) =>
      it.endsWith(".zip"),
    ),
    rule(
      "alarmTopicArn",
      props.alarmTopicArn,
      'the ARN of an SNS topic, like "arn:aws:sns:eu-central-1:123456789012:staging-alarms"',
      (it) => /^arn:aws[a-z-]*:sns:/.test(it),
    ),
    rule(
      "retentionDays",
      props.retentionDays,
      "a whole number of days from 1, like 90",
      (it) => Number.isInteger(it) && it >= 1,
    ),
  ] satisfies PropRule[];
}
