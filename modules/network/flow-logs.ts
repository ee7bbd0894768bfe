import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import type { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Construct } from "constructs";

export interface FlowLogsProps {
  /** Name of the log group and the role. */
  readonly name: string;
  readonly vpc: Vpc;
  /** Days that a record is kept. */
  readonly days: number;
}

/** Records of the network's connections in CloudWatch Logs, and the role that writes them. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const logs = new CloudwatchLogGroup(this, "log-group", {
      name: props.name,
      retentionInDays: props.days,
    });
    const role = new IamRole(this, "role", {
      name: props.name,
      description: "Writes the network's flow logs",
      assumeRolePolicy: new DataAwsIamPolicyDocument(this, "trust", {
        statement: [
          {
            actions: ["sts:AssumeRole"],
            principals: [{ type: "Service", identifiers: ["vpc-flow-logs.amazonaws.com"] }],
            // Without it another account could make the service write here.
            condition: [
              { test: "StringEquals", variable: "aws:SourceAccount", values: [props.vpc.ownerId] },
            ],
          },
        ],
      }).json,
    });
    const policy = new IamRolePolicy(this, "policy", {
      name: "write",
      role: role.name,
      policy: new DataAwsIamPolicyDocument(this, "write", {
        statement: [
          {
            actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources: [`${logs.arn}:*`],
          },
          // This action names no resource.
          { actions: ["logs:DescribeLogGroups"], resources: ["*"] },
        ],
      }).json,
    });
    new FlowLog(this, "resource", {
      vpcId: props.vpc.id,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: logs.arn,
      iamRoleArn: role.arn,
      tags: { Name: props.name },
      dependsOn: [policy],
    });
  }
}
