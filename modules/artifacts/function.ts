import { join, relative } from "node:path";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { App, Fn, TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import { grant, type Statement, serviceRole } from "../iam/index.ts";
import type { ArtifactsProps } from "./props.ts";

/** Longest run of the function: a batch of ten, each with some calls to Consul. */
export const functionTimeoutSeconds = 30;

/** Concurrent runs. Few: they compete for the same keys, and each holds an address. */
const maximumConcurrency = 2;

const logRetentionDays = 30;

export interface AnnounceFunction {
  readonly name: string;
  readonly securityGroupId: string;
}

type Props = ArtifactsProps & {
  readonly functionPackage: string;
  readonly bucketArn: string;
  readonly queueArn: string;
};

/** The function `announce` between its queue and Consul, in the VPC. */
export function announceFunction(scope: Construct, props: Props): AnnounceFunction {
  const {
    cluster,
    subnetIds,
    consulAddress,
    consulTokenParameter,
    parametersUrl,
    queueArn,
    trace,
  } = props;
  const name = `${cluster}-announce`;
  const securityGroupId = securityGroup(scope, name, props);
  const logs = new CloudwatchLogGroup(scope, "logs", {
    name: `/aws/lambda/${name}`,
    retentionInDays: logRetentionDays,
  });
  const role = serviceRole(scope, "role", { name, service: "lambda.amazonaws.com" });
  const mayRun = grant(scope, "role-policy", {
    role: role.name,
    name: "announce",
    statements: statements(props, name, logs.arn),
  });
  const code = fromStackFolder(scope, props.functionPackage);
  const lambda = new LambdaFunction(scope, "function", {
    functionName: name,
    description: "Turns an uploaded release into a deploy in Consul",
    role: role.arn,
    runtime: "nodejs22.x",
    architectures: ["arm64"],
    handler: "index.handler",
    filename: code,
    sourceCodeHash: Fn.filebase64sha256(code),
    memorySize: 256,
    timeout: functionTimeoutSeconds,
    environment: {
      variables: {
        CLUSTER: cluster,
        CONSUL_URL: consulAddress,
        CONSUL_TOKEN: `ssm:${consulTokenParameter}`,
        // The SDK's own variable.
        ...(parametersUrl === undefined ? {} : { AWS_ENDPOINT_URL_SSM: parametersUrl }),
        ...(trace === undefined ? {} : { TRACE: JSON.stringify(trace) }),
      },
    },
    vpcConfig: { subnetIds: [...subnetIds], securityGroupIds: [securityGroupId] },
    // On creation Lambda checks that the role may make network interfaces, and creates a log group
    // without expiry where it finds none.
    dependsOn: [mayRun, logs],
  });
  new LambdaEventSourceMapping(scope, "queue-to-function", {
    eventSourceArn: queueArn,
    functionName: lambda.arn,
    batchSize: 10,
    functionResponseTypes: ["ReportBatchItemFailures"],
    // The queue hands out no more than these at once. A reservation of the function would do the
    // same, but throttled messages count as received, and a new account refuses it: its ten
    // concurrent runs have to stay unreserved.
    scalingConfig: { maximumConcurrency },
  });
  return { name, securityGroupId };
}

/**
 * A project file's path from the synthesised stack's folder, in which Terraform runs. It is
 * relative, so that a plan is the same on every machine.
 */
function fromStackFolder(scope: Construct, path: string): string {
  const folder = join(App.of(scope).outdir, "stacks", TerraformStack.of(scope).node.id);
  return relative(folder, path);
}

function securityGroup(scope: Construct, name: string, props: Props): string {
  const { vpcId, consulAddress, consulSecurityGroupId, trace } = props;
  const group = new SecurityGroup(scope, "security-group", {
    name,
    description: "The announce function: out to Consul, S3 and SSM; nothing in",
    vpcId,
    tags: { Name: name },
  });
  const consulPort = portOf(consulAddress);
  new VpcSecurityGroupEgressRule(scope, "to-consul", {
    securityGroupId: group.id,
    description: "Consul",
    ipProtocol: "tcp",
    fromPort: consulPort,
    toPort: consulPort,
    ...(consulSecurityGroupId === undefined
      ? { cidrIpv4: "0.0.0.0/0" }
      : { referencedSecurityGroupId: consulSecurityGroupId }),
  });
  new VpcSecurityGroupEgressRule(scope, "to-aws", {
    securityGroupId: group.id,
    description: "S3 and SSM",
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
  });
  if (trace !== undefined && portOf(trace.endpoint) !== 443) {
    new VpcSecurityGroupEgressRule(scope, "to-collector", {
      securityGroupId: group.id,
      description: "The collector of traces",
      ipProtocol: "tcp",
      fromPort: portOf(trace.endpoint),
      toPort: portOf(trace.endpoint),
      cidrIpv4: "0.0.0.0/0",
    });
  }
  return group.id;
}

/** The port in a URL, or its protocol's. A URL that is known only at apply gets Consul's own. */
function portOf(url: string): number {
  if (Token.isUnresolved(url)) return 8500;
  const { port, protocol } = new URL(url);
  return port === "" ? ({ "http:": 80, "https:": 443 }[protocol] ?? 8500) : Number(port);
}

/** Calls with which Lambda puts the function into the VPC. They cannot name a resource. */
const interfaceActions = [
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

function statements(props: Props, functionName: string, logsArn: string): Statement[] {
  const { region, account, bucketArn, queueArn, consulTokenParameter, trace } = props;
  const parameter = (path: string) => `arn:aws:ssm:${region}:${account}:parameter${path}`;
  const headers = Object.values(trace?.headers ?? {}).map((it) => it.slice("ssm:".length));
  return [
    {
      sid: "ReadItsQueue",
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queueArn],
    },
    {
      sid: "LookAtArchives",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [`${bucketArn}/*`],
    },
    {
      sid: "ReadItsToken",
      actions: ["ssm:GetParameter"],
      resources: [consulTokenParameter, ...headers].map(parameter),
    },
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [`${logsArn}:*`],
    },
    { sid: "JoinTheVpc", actions: interfaceActions, resources: ["*"] },
    {
      // Lambda needs these to place the function; the function's own code does not.
      sid: "NotFromItsCode",
      effect: "Deny",
      actions: interfaceActions,
      resources: ["*"],
      condition: [
        {
          test: "ArnEquals",
          variable: "lambda:SourceFunctionArn",
          values: [`arn:aws:lambda:${region}:${account}:function:${functionName}`],
        },
      ],
    },
  ];
}
