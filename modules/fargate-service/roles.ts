import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import type { Construct } from "constructs";
import { grant, type Statement, serviceRole } from "../iam/index.ts";
import type { AllProps } from "./props.ts";
import { parameterArn } from "./task.ts";

export interface TaskRoles {
  /** The role of the container's own calls: it may do nothing before a grant. */
  readonly task: IamRole;
  /** The role with which ECS prepares the container: pull, log, read secrets. */
  readonly execution: IamRole;
  readonly executionGrant: IamRolePolicy;
}

export function taskRoles(
  scope: Construct,
  props: AllProps,
  name: string,
  logGroupArn: string,
): TaskRoles {
  const { account } = props;
  const role = (kind: string) =>
    serviceRole(scope, `${kind}-role`, {
      name: `${name}-${kind}`,
      service: "ecs-tasks.amazonaws.com",
      account,
    });
  const execution = role("execution");
  const executionGrant = grant(scope, "execution-role-policy", {
    role: execution.name,
    name: "start-tasks",
    statements: [
      {
        sid: "Log",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`${logGroupArn}:*`],
      },
      ...pull(props.image),
      ...readSecrets(props),
    ],
  });
  return { task: role("task"), execution, executionGrant };
}

/** For an image in ECR; other registries without credentials need nothing. */
function pull(image: string): Statement[] {
  const ecr = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image);
  if (!ecr) return [];
  const [, account, region, repository] = ecr;
  return [
    {
      sid: "Pull",
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: [`arn:aws:ecr:${region}:${account}:repository/${repository}`],
    },
    // These actions name no resource.
    { sid: "SignInToPull", actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
  ];
}

function readSecrets(props: AllProps): Statement[] {
  const references = Object.values(props.secrets);
  const parameters = references.flatMap((it) =>
    "parameter" in it ? parameterArn(props, it.parameter) : [],
  );
  const secrets = references.flatMap((it) => ("secretArn" in it ? it.secretArn : []));
  const read = (sid: string, action: string, resources: string[]): Statement[] =>
    resources.length === 0 ? [] : [{ sid, actions: [action], resources: [...new Set(resources)] }];
  return [
    ...read("ReadParameters", "ssm:GetParameters", parameters),
    ...read("ReadSecrets", "secretsmanager:GetSecretValue", secrets),
  ];
}
