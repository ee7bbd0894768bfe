import { type Arguments, readSynthesised } from "../../modules/testing/synthesise.ts";

/** What AWS compares a name with. */
type Scope = "region" | "account" | "world";

/** A type of which no two have one name. */
interface Named {
  /** The argument with the name. */
  readonly argument: string;
  readonly scope: Scope;
  /** The form of a name, where AWS's is narrower than 255 letters, digits and dashes. */
  readonly form?: RegExp;
}

const dashed = (most: number) => new RegExp(`^(?=.{1,${most}}$)[A-Za-z0-9]+(-+[A-Za-z0-9]+)*$`);
const role = { argument: "name", scope: "account", form: /^[\w+=,.@-]{1,64}$/ } as const;
const inRegion = { argument: "name", scope: "region" } as const;

/** A security group's name is its VPC's alone; but nobody can tell two of one name apart. */
const types: Readonly<Record<string, Named>> = {
  aws_s3_bucket: { argument: "bucket", scope: "world", form: dashed(63) },
  aws_sqs_queue: { ...inRegion, form: /^[\w-]{1,80}$/ },
  aws_sns_topic: inRegion,
  aws_lb: { ...inRegion, form: dashed(32) },
  aws_lb_target_group: { ...inRegion, form: dashed(32) },
  aws_autoscaling_group: inRegion,
  aws_launch_template: { ...inRegion, form: /^[\w()./-]{3,128}$/ },
  aws_security_group: { ...inRegion, form: /^(?!sg-)/ },
  aws_lambda_function: { argument: "function_name", scope: "region", form: /^[\w-]{1,64}$/ },
  aws_cloudwatch_metric_alarm: { argument: "alarm_name", scope: "region" },
  aws_cloudwatch_log_group: inRegion,
  aws_ecs_cluster: inRegion,
  aws_ecs_task_definition: { argument: "family", scope: "region" },
  aws_db_instance: { argument: "identifier", scope: "region", form: /^[a-z](-?[a-z0-9]){0,62}$/ },
  aws_db_subnet_group: inRegion,
  aws_db_parameter_group: inRegion,
  aws_iam_role: role,
  aws_iam_policy: role,
  aws_iam_instance_profile: role,
  aws_budgets_budget: { argument: "name", scope: "account" },
};

/** Names that two things have, and names that AWS does not take. */
export function nameFaults(stacks: ReadonlyMap<string, string>): string[] {
  const seen = new Map<string, string>();
  return [...stacks].flatMap(([stack, text]) =>
    namesOf(text).flatMap(({ address, key, name, isTaken }) => {
      const where = `${stack} ${address}`;
      const first = seen.get(key);
      seen.set(key, where);
      return [
        ...(first === undefined ? [] : [`${where} and ${first} are both called ${name}`]),
        ...(isTaken ? [] : [`${where}: AWS does not take the name ${name}`]),
      ];
    }),
  );
}

function namesOf(text: string) {
  const { provider } = JSON.parse(text) as { provider: { aws?: Arguments[] } };
  const { region, allowed_account_ids: [account] = [] } = provider.aws?.[0] ?? {};
  const places = { world: "", account, region: `${account} ${region}` };
  const { resources } = readSynthesised(text);
  const typed = Object.entries(types).flatMap(([type, { argument, scope, form = /./ }]) =>
    Object.entries(resources(type)).map(([id, it]) => {
      const name = String(it[argument]);
      // AWS keeps some names as written, but compares them all without case.
      const key = `${type} ${places[scope]} ${name.toLowerCase()}`;
      return { address: `${type}.${id}`, key, name, isTaken: form.test(name) };
    }),
  );
  const records = Object.entries(resources("aws_route53_record")).map(([id, it]) => {
    const name = `${it.name}`.toLowerCase();
    const isTaken = name.includes("${") || name.split(".").every((it) => it.length <= 63);
    return {
      address: `aws_route53_record.${id}`,
      key: name.includes("${") ? `${places.region} ${id}` : `${it.zone_id} ${name} ${it.type}`,
      name,
      isTaken,
    };
  });
  return [...typed, ...records];
}
