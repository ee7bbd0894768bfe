import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition/index.js";
import { Fn } from "cdktf";
import type { Construct } from "constructs";
import type { AllProps, SecretReference } from "./props.ts";

/** Longest time between SIGTERM and SIGKILL that Fargate allows, in seconds. */
const longestStopSeconds = 120;

export interface TaskProps extends AllProps {
  readonly family: string;
  readonly logGroupName: string;
  readonly executionRoleArn: string;
  readonly taskRoleArn: string;
}

/** The task definition: one container, with its environment, its log and its two roles. */
export function taskDefinition(scope: Construct, props: TaskProps): EcsTaskDefinition {
  const { service, cpu, memoryMib, port, drainSeconds, logGroupName, region } = props;
  const container = {
    name: service,
    image: props.image,
    essential: true,
    portMappings: [{ containerPort: port, protocol: "tcp" }],
    environment: sorted(props.environment).map(([name, value]) => ({
      name,
      value: quotable(value),
    })),
    secrets: sorted(props.secrets).map(([name, reference]) => ({
      name,
      valueFrom: valueFrom(props, reference),
    })),
    // It forwards SIGTERM and reaps children; few images have an init.
    linuxParameters: { initProcessEnabled: true },
    stopTimeout: Math.min(Math.max(drainSeconds, 2), longestStopSeconds),
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": logGroupName,
        "awslogs-region": region,
        "awslogs-stream-prefix": service,
        // A log outage must not stop the service.
        mode: "non-blocking",
        "max-buffer-size": "4m",
      },
    },
  };
  return new EcsTaskDefinition(scope, "task-definition", {
    family: props.family,
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: String(cpu),
    memory: String(memoryMib),
    runtimePlatform: {
      operatingSystemFamily: "LINUX",
      cpuArchitecture: props.architecture === "arm64" ? "ARM64" : "X86_64",
    },
    executionRoleArn: props.executionRoleArn,
    taskRoleArn: props.taskRoleArn,
    containerDefinitions: Fn.jsonencode([container]),
  });
}

export const parameterArn = ({ region, account }: AllProps, name: string) =>
  `arn:aws:ssm:${region}:${account}:parameter${name}`;

function valueFrom(props: AllProps, reference: SecretReference): string {
  if ("parameter" in reference) return parameterArn(props, reference.parameter);
  const { secretArn, key } = reference;
  return key === undefined ? secretArn : `${secretArn}:${key}::`;
}

/** Sorted by name, so that the order in which an environment was written changes no task. */
const sorted = <T>(record: Readonly<Record<string, T>>) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** Text for `Fn.jsonencode`, which puts it between quotes but escapes only `${` and line ends. */
const quotable = (text: string) => JSON.stringify(text).slice(1, -1).replaceAll("%{", "%%{");
