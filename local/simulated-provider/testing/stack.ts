import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { LbListenerRule } from "@cdktf/provider-aws/lib/lb-listener-rule/index.js";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { KeyPrefix } from "@cdktf/provider-consul/lib/key-prefix/index.js";
import { Keys } from "@cdktf/provider-consul/lib/keys/index.js";
import { ConsulProvider } from "@cdktf/provider-consul/lib/provider/index.js";
import { Fn, TerraformOutput, type TerraformStack } from "cdktf";

export const account = "123456789012";
export const region = "eu-central-1";

/** The changes of a test between two applies. */
export interface Changes {
  readonly userData?: string;
  readonly tag?: string;
  readonly queueName?: string;
}

export function providers(stack: TerraformStack): void {
  const defaultTags = [{ tags: { cluster: "test" } }];
  new AwsProvider(stack, "aws", { region, allowedAccountIds: [account], defaultTags });
  new ConsulProvider(stack, "consul", { address: "127.0.0.1:8500" });
}

/** A small cluster with difficult blocks, sets, references and computed fields. */
export function cluster(stack: TerraformStack, changes: Changes = {}): void {
  providers(stack);
  const { userData = "#!/bin/sh\n", tag = "one", queueName = "announce" } = changes;
  const { vpc, subnets } = network(stack);
  const { queue, bucket, send } = uploads(stack, queueName, tag);
  const { profile, read } = instanceRole(stack, bucket, send);
  const group = securityGroup(stack, vpc);
  const template = new LaunchTemplate(stack, "template", {
    namePrefix: "test-web-",
    imageId: "ami-0123456789abcdef0",
    instanceType: "t4g.small",
    updateDefaultVersion: true,
    userData: Fn.base64encode(`${userData}# ${queue.url}`),
    vpcSecurityGroupIds: [group.id],
    iamInstanceProfile: { arn: profile.arn },
    metadataOptions: { httpTokens: "required", httpEndpoint: "enabled" },
    blockDeviceMappings: [
      { deviceName: "/dev/xvda", ebs: { volumeSize: 20, volumeType: "gp3", encrypted: "true" } },
    ],
    tagSpecifications: [{ resourceType: "instance", tags: { Name: "web" } }],
    tags: { number: tag },
  });
  const { balancer, target } = loadBalancer(stack, vpc, subnets, group);
  const scaling = scalingGroup(stack, { subnets, target, template, bucket });

  new KeyPrefix(stack, "service", {
    pathPrefix: "services/web/",
    subkeys: { bucket: bucket.bucket, group: scaling.name },
  });
  new Keys(stack, "keys", { key: [{ path: "cluster/balancer", value: balancer.dnsName }] });
  new TerraformOutput(stack, "policy-json", { value: read.json });
}

function network(stack: TerraformStack) {
  const vpc = new Vpc(stack, "vpc", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true });
  const subnets = ["a", "b"].map((zone, at) => {
    const cidrBlock = `10.0.${at}.0/24`;
    const availabilityZone = `${region}${zone}`;
    return new Subnet(stack, `subnet-${zone}`, { vpcId: vpc.id, cidrBlock, availabilityZone });
  });
  // Two objects that differ only in their ids.
  new Eip(stack, "eip-a", { domain: "vpc" });
  new Eip(stack, "eip-b", { domain: "vpc" });
  return { vpc, subnets };
}

/** A bucket that notifies a queue, and the policy's document that lets it. */
function uploads(stack: TerraformStack, queueName: string, tag: string) {
  const queue = new SqsQueue(stack, "queue", { name: queueName, tags: { number: tag } });
  const bucket = new S3Bucket(stack, "bucket", { bucket: "test-releases", tags: { number: tag } });
  new S3BucketVersioningA(stack, "versioning", {
    bucket: bucket.id,
    versioningConfiguration: { status: "Enabled" },
  });
  const send = new DataAwsIamPolicyDocument(stack, "send", {
    statement: [
      {
        sid: "Send",
        actions: ["sqs:SendMessage"],
        resources: [queue.arn],
        principals: [{ type: "Service", identifiers: ["s3.amazonaws.com"] }],
        condition: [{ test: "ArnEquals", variable: "aws:SourceArn", values: [bucket.arn] }],
      },
    ],
  });
  const policy = new SqsQueuePolicy(stack, "policy", { queueUrl: queue.url, policy: send.json });
  new S3BucketNotification(stack, "notification", {
    bucket: bucket.id,
    queue: [{ queueArn: queue.arn, events: ["s3:ObjectCreated:*"], filterPrefix: "incoming/" }],
    dependsOn: [policy],
  });
  return { queue, bucket, send };
}

function instanceRole(stack: TerraformStack, bucket: S3Bucket, send: DataAwsIamPolicyDocument) {
  const assume = new DataAwsIamPolicyDocument(stack, "assume", {
    statement: [
      {
        actions: ["sts:AssumeRole"],
        principals: [{ type: "Service", identifiers: ["ec2.amazonaws.com"] }],
      },
    ],
  });
  const role = new IamRole(stack, "role", { name: "test-web", assumeRolePolicy: assume.json });
  const read = new DataAwsIamPolicyDocument(stack, "read", {
    sourcePolicyDocuments: [send.json],
    statement: [{ sid: "Read", actions: ["s3:GetObject"], resources: [`${bucket.arn}/*`] }],
  });
  new IamRolePolicy(stack, "role-policy", { name: "read", role: role.id, policy: read.json });
  const profile = new IamInstanceProfile(stack, "profile", { name: "test-web", role: role.name });
  return { profile, read };
}

function securityGroup(stack: TerraformStack, vpc: Vpc): SecurityGroup {
  const group = new SecurityGroup(stack, "group", { name: "test-web", vpcId: vpc.id });
  new VpcSecurityGroupIngressRule(stack, "in", {
    securityGroupId: group.id,
    cidrIpv4: "10.0.0.0/16",
    ipProtocol: "tcp",
    fromPort: 8080,
    toPort: 8083,
    tags: { Name: "web" },
  });
  new VpcSecurityGroupEgressRule(stack, "out", {
    securityGroupId: group.id,
    cidrIpv4: "0.0.0.0/0",
    ipProtocol: "-1",
  });
  return group;
}

function loadBalancer(
  stack: TerraformStack,
  vpc: Vpc,
  subnets: readonly Subnet[],
  group: SecurityGroup,
) {
  const balancer = new Lb(stack, "balancer", {
    name: "test",
    loadBalancerType: "application",
    securityGroups: [group.id],
    subnets: subnets.map(({ id }) => id),
  });
  const target = new LbTargetGroup(stack, "target", {
    name: "test-web",
    port: 8080,
    protocol: "HTTP",
    vpcId: vpc.id,
    healthCheck: { path: "/health", interval: 5, timeout: 2 },
  });
  const listener = new LbListener(stack, "listener", {
    loadBalancerArn: balancer.arn,
    port: 80,
    protocol: "HTTP",
    defaultAction: [
      { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } },
    ],
  });
  new LbListenerRule(stack, "rule", {
    listenerArn: listener.arn,
    priority: 10,
    action: [{ type: "forward", targetGroupArn: target.arn }],
    condition: [
      { pathPattern: { values: ["/api/*", "/web/*"] } },
      { hostHeader: { values: ["test"] } },
    ],
  });
  return { balancer, target };
}

function scalingGroup(
  stack: TerraformStack,
  {
    subnets,
    target,
    template,
    bucket,
  }: {
    readonly subnets: readonly Subnet[];
    readonly target: LbTargetGroup;
    readonly template: LaunchTemplate;
    readonly bucket: S3Bucket;
  },
): AutoscalingGroup {
  return new AutoscalingGroup(stack, "scaling", {
    name: "test-web",
    minSize: 1,
    maxSize: 4,
    vpcZoneIdentifier: subnets.map(({ id }) => id),
    targetGroupArns: [target.arn],
    healthCheckType: "ELB",
    mixedInstancesPolicy: {
      instancesDistribution: { onDemandBaseCapacity: 1 },
      launchTemplate: {
        launchTemplateSpecification: {
          launchTemplateId: template.id,
          version: Fn.tostring(template.latestVersion),
        },
        override: [{ instanceType: "t4g.small" }, { instanceType: "t4g.medium" }],
      },
    },
    initialLifecycleHook: [
      { name: "boot", lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" },
    ],
    tag: [
      { key: "Name", value: "web", propagateAtLaunch: true },
      { key: "bucket", value: bucket.id, propagateAtLaunch: true },
    ],
  });
}
