import { type Arguments, readSynthesised } from "../../modules/testing/synthesise.ts";
import { nameFaults } from "./names.ts";

/** The JSON text of every stack, by its name. */
export type Stacks = ReadonlyMap<string, string>;

/** Rules for every cluster; each fault is a line that names its place. */
export type Contract = Readonly<Record<string, (stacks: Stacks) => string[]>>;

/** A resource with its place, `<stack> <address>`. */
type Placed = readonly [where: string, it: Arguments];

function all(stacks: Stacks, type: string): Placed[] {
  return [...stacks].flatMap(([stack, text]) =>
    Object.entries(readSynthesised(text).resources(type)).map(
      ([name, it]): Placed => [`${stack} ${type}.${name}`, it],
    ),
  );
}

function statements(stacks: Stacks): Placed[] {
  return [...stacks].flatMap(([stack, text]) =>
    Object.entries(readSynthesised(text).dataSources("aws_iam_policy_document")).flatMap(
      ([name, document]) =>
        (document.statement as Arguments[]).map(
          (it): Placed => [`${stack} data.aws_iam_policy_document.${name}`, it],
        ),
    ),
  );
}

const faulty = (placed: readonly Placed[], isFault: (it: Arguments) => boolean, why: string) =>
  placed.filter(([, it]) => isFault(it)).map(([where]) => `${where}: ${why}`);

const matching = (stacks: Stacks, pattern: RegExp, why: string) =>
  [...stacks].flatMap(([stack, text]) => {
    const found = pattern.exec(text);
    return found ? [`${stack}: ${why}: ${found[0].slice(0, 60)}`] : [];
  });

/** Arguments that hold a policy of IAM. */
const policies = ["policy", "assume_role_policy", "inline_policy", "access_policy"];
const isDocument = /^\$\{data\.aws_iam_policy_document\.[\w-]+\.json\}$/;

export const contract: Contract = {
  "no token is left in any output": (stacks) =>
    matching(stacks, /TOKEN\[[^\]]*\]/i, "a token went through a function of JavaScript; use Fn"),

  "no stack reads another one's state": (stacks) =>
    matching(stacks, /terraform_remote_state/, "say the value in the cluster file instead"),

  "no value of a secret is in any stack": (stacks) =>
    matching(
      stacks,
      /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*KEY|xox[bp]-\w+|ghp_\w+|"(master_)?password": "[^$"][^"]*"/,
      "looks like a secret; refer to it by ssm:<path>",
    ),

  "everything that can carry tags does": (stacks) => [
    ...[...stacks].flatMap(([stack, text]) => {
      const { provider } = JSON.parse(text) as { provider: { aws?: Arguments[] } };
      const untagged = provider.aws?.some((it) => !it.default_tags?.[0]?.tags?.["managed-by"]);
      return untagged ? [`${stack}: its AWS provider adds no default tags`] : [];
    }),
    // The group, not the provider, makes the instances that it launches.
    ...faulty(
      all(stacks, "aws_launch_template"),
      (it) =>
        !["instance", "volume"].every((kind) =>
          it.tag_specifications?.some((s: Arguments) => s.resource_type === kind),
        ),
      "its instances and volumes get no tags",
    ),
    // A group takes no default tags.
    ...faulty(
      all(stacks, "aws_autoscaling_group"),
      (it) =>
        !["cluster", "managed-by"].every((key) =>
          it.tag?.some((tag: Arguments) => tag.key === key && tag.propagate_at_launch),
        ),
      "it and what it launches lack the tags cluster and managed-by",
    ),
  ],

  "the world reaches public load balancers on 80 and 443, and nothing else": (stacks) => [
    ...faulty(
      all(stacks, "aws_vpc_security_group_ingress_rule").filter(
        ([where]) => !/load-balancer_from-internet/.test(where),
      ),
      (it) => it.cidr_ipv4 === "0.0.0.0/0" || it.cidr_ipv6 === "::/0",
      "open to the world",
    ),
    ...faulty(
      all(stacks, "aws_vpc_security_group_ingress_rule").filter(([where]) =>
        /load-balancer_from-internet/.test(where),
      ),
      (it) => ![80, 443].includes(it.from_port) || it.to_port !== it.from_port,
      "opens more than 80 or 443",
    ),
    ...faulty(
      [...all(stacks, "aws_security_group"), ...all(stacks, "aws_security_group_rule")],
      (it) => it.ingress !== undefined || it.type === "ingress",
      "opens a group without aws_vpc_security_group_ingress_rule, which alone is looked at",
    ),
  ],

  // It would lead the service's usual name there for the whole network, also for those it keeps out.
  "no endpoint takes over the name of an AWS service": (stacks) =>
    faulty(
      all(stacks, "aws_vpc_endpoint"),
      (it) => it.vpc_endpoint_type === "Interface" && it.private_dns_enabled !== false,
      "has private DNS: give its URL to its clients instead",
    ),

  "a function reserves no concurrent runs, which a new account refuses": (stacks) =>
    faulty(
      all(stacks, "aws_lambda_function"),
      (it) => it.reserved_concurrent_executions !== undefined,
      "reserves concurrent runs: limit what calls it",
    ),

  "instances give metadata for a token only, one hop away": (stacks) =>
    faulty(
      all(stacks, "aws_launch_template"),
      ({ metadata_options: it }) =>
        it?.http_tokens !== "required" || it?.http_put_response_hop_limit !== 1,
      "IMDSv2 is not required",
    ),

  "disks, buckets, queues and databases are encrypted": (stacks) => {
    const buckets = all(stacks, "aws_s3_bucket");
    const covered = (type: string) => JSON.stringify(all(stacks, type).map(([, it]) => it.bucket));
    const lacks = (type: string) =>
      buckets.flatMap(([where]) => {
        const address = where.split(" ")[1] as string;
        return covered(type).includes(address) ? [] : [`${where}: has no ${type}`];
      });
    return [
      ...faulty(
        all(stacks, "aws_launch_template"),
        (it) =>
          it.block_device_mappings?.some((d: Arguments) => d.ebs?.encrypted !== "true") ?? true,
        "a disk is not encrypted",
      ),
      ...lacks("aws_s3_bucket_server_side_encryption_configuration"),
      ...lacks("aws_s3_bucket_public_access_block"),
      ...faulty(
        all(stacks, "aws_sqs_queue"),
        (it) => it.sqs_managed_sse_enabled !== true && !it.kms_master_key_id,
        "is not encrypted",
      ),
      ...faulty(all(stacks, "aws_db_instance"), (it) => !it.storage_encrypted, "is not encrypted"),
    ];
  },

  "no database's last snapshot has a name that the next database of its name would take": (
    stacks,
  ) =>
    faulty(
      all(stacks, "aws_db_instance"),
      (it) => !it.skip_final_snapshot && !it.final_snapshot_identifier?.includes("${"),
      "its last snapshot has a fixed name: the second destroy fails",
    ),

  "no policy allows a wildcard of actions on everything": (stacks) =>
    faulty(
      // A permissions boundary grants nothing.
      statements(stacks).filter(([where]) => !where.includes("boundary")),
      ({ effect = "Allow", actions = [], resources = [], condition }) =>
        effect === "Allow" &&
        (actions.includes("*") ||
          (!condition && resources.includes("*") && actions.some((it: string) => /:\*$/.test(it)))),
      "a wildcard of actions on every resource",
    ),

  "a policy is a document that lists what it allows, so that it can be looked at": (stacks) => [
    ...[...stacks].flatMap(([stack, text]) => {
      const { resource = {} } = JSON.parse(text) as { resource?: Record<string, Arguments> };
      return Object.keys(resource)
        .flatMap((type) => all(new Map([[stack, text]]), type))
        .flatMap(([where, it]) =>
          policies
            .filter((name) => it[name] !== undefined && !isDocument.test(it[name]))
            .map((name) => `${where}: its ${name} is no aws_iam_policy_document`),
        );
    }),
    ...faulty(
      statements(stacks),
      (it) => it.not_actions !== undefined || it.not_resources !== undefined,
      "says what it does not allow, and so allows all else",
    ),
  ],

  "a grant for one service's releases names that service alone": (stacks) =>
    statements(stacks).flatMap(([where, it]) => {
      const service = /artifacts_(?:read|push)-([a-z0-9-]+)-policy/.exec(where)?.[1];
      if (service === undefined) return [];
      const others = (it.resources as string[]).filter((arn) => !arn.endsWith(`/${service}/*`));
      return others.map((arn) => `${where}: lets ${service} reach ${arn}`);
    }),

  "an instance reads the parameters and secrets of its own services alone": (stacks) =>
    statements(stacks).flatMap(([where, it]) => {
      const owner = /service-([a-z0-9-]+)_role-instance-policy/.exec(where)?.[1];
      if (owner === undefined) return [];
      const reads = (it.resources as string[]).filter((arn) => /:parameter|:secret:/.test(arn));
      return reads
        .filter(
          (arn) => /\*/.test(arn.replace(/\/\*$/, "")) || /:(parameter|secret:)\/?\*$/.test(arn),
        )
        .map((arn) => `${where}: reads ${arn}`);
    }),

  "every target group asks whether its targets are well": (stacks) =>
    faulty(
      all(stacks, "aws_lb_target_group"),
      (it) => !it.health_check?.path?.startsWith("/"),
      "has no health check",
    ),

  "desired capacity is ignored, since scaling changes it": (stacks) =>
    faulty(
      all(stacks, "aws_autoscaling_group").filter(([, it]) => it.min_size !== it.max_size),
      (it) => !it.lifecycle?.ignore_changes?.includes("desired_capacity"),
      "a plan would undo what scaling did",
    ),

  "no instance refresh promises a rollback that AWS refuses": (stacks) =>
    [...stacks].flatMap(([stack, text]) => {
      const one: Stacks = new Map([[stack, text]]);
      const byParameter = all(one, "aws_launch_template")
        .filter(([, it]) => /^resolve:ssm:/.test(it.image_id))
        .map(([where]) => where.split(" ")[1] as string);
      return faulty(
        all(one, "aws_autoscaling_group").filter(([, it]) =>
          byParameter.some((template) => JSON.stringify(it).includes(template)),
        ),
        (it) => JSON.stringify(it.instance_refresh ?? {}).includes('"auto_rollback":true'),
        "has auto_rollback, and a template whose image is a parameter",
      );
    }),

  "two resources never have one name, and every name is one that AWS takes": nameFaults,

  "two rules of a listener never have one priority": (stacks) => {
    const seen = new Map<string, string>();
    return all(stacks, "aws_lb_listener_rule").flatMap(([where, it]) => {
      const place = `${where.split(" ")[0]} ${it.listener_arn} ${it.priority}`;
      const first = seen.get(place);
      seen.set(place, where);
      return first ? [`${where} and ${first} both have priority ${it.priority}`] : [];
    });
  },
};
