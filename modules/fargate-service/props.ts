import { Name, ServiceName } from "../../protocol/names.ts";
import type { SharedLoadBalancer } from "../load-balancer/shared.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { accountRule, regionRule, subnetIdsRule } from "../shared/common-rules.ts";
import { cpuSizes, memorySizes } from "./sizes.ts";

/** Where ECS reads a secret when a task starts. Terraform knows this reference only, not the value. */
export type SecretReference =
  | {
      /** Full name of an SSM parameter, like `/shoestring/staging/pad/key`. */
      readonly parameter: string;
    }
  | {
      /** ARN of a secret in Secrets Manager. */
      readonly secretArn: string;
      /** Field of the secret, where that is JSON. @default the whole secret */
      readonly key?: string;
    };

export interface FargateServiceProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** The service's name; with the cluster's at most 31 characters, for the target group. */
  readonly service: string;
  /** The AWS account, 12 digits. */
  readonly account: string;
  /** The AWS region, like `eu-central-1`. */
  readonly region: string;
  /** The VPC of the tasks. */
  readonly vpcId: string;
  /** Private subnets of the tasks; they reach the registry, logs and secrets. */
  readonly subnetIds: readonly string[];
  /** The load balancer that sends requests to the service. */
  readonly loadBalancer: SharedLoadBalancer;
  /** Host names whose requests the service gets. */
  readonly hosts: readonly string[];
  /** Paths whose requests the service gets, like `/api/*`. @default all */
  readonly paths?: readonly string[];
  /** Priority of the service's rule on the load balancer; a lower one is evaluated first. @default the load balancer chooses */
  readonly priority?: number;
  /** The image with its digest, so that a restart never brings other code. */
  readonly image: string;
  /** Port on which the container listens. @default 8080 */
  readonly port?: number;
  /** CPU units of a task, 1024 to a processor. @default 256 */
  readonly cpu?: number;
  /** Memory of a task, in MiB; Fargate offers certain sizes with each CPU. @default 512 */
  readonly memoryMib?: number;
  /** Processor of the image. @default "arm64" */
  readonly architecture?: "arm64" | "x86_64";
  /** Environment variables that are no secrets. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Environment variables that are secrets: where the value is, by the variable's name. @default none */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Path that answers 2xx while the container is healthy. @default "/ping" */
  readonly ping?: string;
  /** Time after the start of a task in which failed health checks do not count, in seconds. @default 60 */
  readonly startSeconds?: number;
  /** Longest wait for requests in flight before a task is stopped, in seconds. @default 30 */
  readonly drainSeconds?: number;
  /** Fewest tasks. @default 2 */
  readonly minTasks?: number;
  /** Most tasks. @default 4 */
  readonly maxTasks?: number;
  /** CPU use, in percent, above which tasks are added and below which tasks are removed. @default 60 */
  readonly cpuTargetPercent?: number;
}

export const fargateDefaults = {
  port: 8080,
  cpu: 256,
  memoryMib: 512,
  architecture: "arm64",
  environment: {},
  secrets: {},
  ping: "/ping",
  startSeconds: 60,
  drainSeconds: 30,
  minTasks: 2,
  maxTasks: 4,
  cpuTargetPercent: 60,
} as const satisfies Partial<FargateServiceProps>;

export type AllProps = Required<Omit<FargateServiceProps, "paths" | "priority">> &
  Pick<FargateServiceProps, "paths" | "priority">;

const maxBaseName = 32;

export function fargateRules(props: AllProps) {
  const integer = (from: number, to: number) => (it: number) =>
    Number.isInteger(it) && it >= from && it <= to;
  const { cluster, service, cpu, environment, secrets, minTasks } = props;
  const longest = maxBaseName - cluster.length - 1;
  const variables = [...Object.keys(environment), ...Object.keys(secrets)];
  const memory = memorySizes(cpu);
  return [
    rule("cluster", cluster, 'a name, like "staging"', (it) => Name.safeParse(it).success),
    rule(
      "service",
      service,
      `the name of a service, without a last dash and at most ${longest} characters beside the cluster's, like "pad"`,
      (it) => ServiceName.safeParse(it).success && it.length <= longest && !it.endsWith("-"),
    ),
    accountRule(props.account),
    regionRule(props.region),
    subnetIdsRule(props.subnetIds),
    rule(
      "hosts",
      props.hosts,
      'one host name or more, like ["pad.example.org"]',
      (it) => it.length > 0,
    ),
    rule(
      "image",
      props.image,
      `an image with its digest, like "public.ecr.aws/docker/library/nginx@sha256:${"0".repeat(4)}…" (64 digits)`,
      (it) => /^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$/.test(it),
    ),
    rule("port", props.port, "a port from 1 to 65535, like 8080", integer(1, 65_535)),
    rule("cpu", cpu, `one of ${cpuSizes.join(", ")}`, (it) => cpuSizes.includes(it)),
    ...(memory.length === 0
      ? []
      : [
          rule("memoryMib", props.memoryMib, `with cpu ${cpu} one of ${memory.join(", ")}`, (it) =>
            memory.includes(it),
          ),
        ]),
    rule(
      "environment and secrets",
      variables,
      'names of letters, digits and underscores, each in one of the two, like "PAD_TITLE"',
      (it) =>
        it.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) && new Set(it).size === it.length,
    ),
    ...Object.entries(secrets).map(([name, reference]) =>
      "parameter" in reference
        ? rule(
            `secrets.${name}.parameter`,
            reference.parameter,
            'the full name of an SSM parameter, like "/shoestring/staging/pad/key"',
            (it) => /^(\/[A-Za-z0-9_.-]+)+$/.test(it),
          )
        : rule(
            `secrets.${name}.secretArn`,
            reference.secretArn,
            "the ARN of a secret in Secrets Manager",
            (it) => /^arn:aws[a-z-]*:secretsmanager:[^:]+:\d{12}:secret:[^:]+$/.test(it),
          ),
    ),
    rule("ping", props.ping, 'a path, like "/ping"', (it) => /^\/[\w./?=&%-]*$/.test(it)),
    rule("startSeconds", props.startSeconds, "seconds from 0 to 3600, like 60", integer(0, 3600)),
    rule("drainSeconds", props.drainSeconds, "seconds from 0 to 3600, like 30", integer(0, 3600)),
    rule("minTasks", minTasks, "a whole number from 1, like 2", integer(1, 1000)),
    rule(
      "maxTasks",
      props.maxTasks,
      `a whole number, at least minTasks (${minTasks})`,
      integer(minTasks, 5000),
    ),
    rule(
      "cpuTargetPercent",
      props.cpuTargetPercent,
      "percent from 10 to 90, like 60",
      integer(10, 90),
    ),
  ] satisfies PropRule[];
}
