/**
 * Writes the plans that the tests read, `ci/review/testing/plans/*.json`: made by the real terraform
 * with simulated providers. Run it again when Terraform's plan JSON changes:
 * `npx tsx ci/review/testing/record-plans.ts`
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedTerraform } from "../../../local/terraform/simulated.ts";
import { runTerraform } from "../../../terraform/terraform.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-plans-"));
const { program, env } = await simulatedTerraform(console.log);
const behind = join(folder, "behind.json");

/** The same in every step. */
const common = {
  terraform: { required_providers: { aws: { source: "hashicorp/aws", version: "6.25.0" } } },
  provider: { aws: { region: "eu-central-1" } },
  variable: { password: { sensitive: true, default: "hunter2-hunter2" } },
  data: { aws_caller_identity: { me: {} } },
};

const group = (max: number) => ({
  name: "web",
  min_size: 2,
  max_size: max,
  desired_capacity: 2,
  availability_zones: ["eu-central-1a"],
  launch_template: { id: "${aws_launch_template.web.id}", version: "$Latest" },
  lifecycle: { ignore_changes: ["desired_capacity"] },
});

const before = {
  ...common,
  resource: {
    aws_sns_topic: {
      stays: { name: "stays" },
      old_name: { name: "moves" },
      forgotten: { name: "f" },
    },
    aws_sqs_queue: { goes: { name: "goes" }, renamed: { name: "old-name" } },
    aws_cloudwatch_log_group: { kept: { name: "/kept", retention_in_days: 7 } },
    aws_launch_template: { web: { name: "web", instance_type: "t4g.small" } },
    aws_autoscaling_group: { web: group(4) },
    aws_ssm_parameter: { key: { name: "/key", type: "SecureString", value: "${var.password}" } },
    aws_iam_role: { web: { name: "web", assume_role_policy: policy("ec2.amazonaws.com") } },
    terraform_data: { half_way: { input: "x" } },
  },
  output: { topic: { value: "${aws_sns_topic.stays.name}" } },
};

const after = {
  ...common,
  variable: { password: { sensitive: true, default: "correct-horse-battery" } },
  moved: [{ from: "aws_sns_topic.old_name", to: "aws_sns_topic.new_name" }],
  removed: [{ from: "aws_sns_topic.forgotten", lifecycle: { destroy: false } }],
  import: [{ to: "aws_sns_topic.found", id: "arn:aws:sns:eu-central-1:000000000000:found" }],
  resource: {
    aws_sns_topic: {
      stays: { name: "stays" },
      new_name: { name: "moves" },
      found: { name: "found" },
      fresh: { name: "fresh" },
    },
    aws_sqs_queue: { renamed: { name: "new-name" } },
    aws_cloudwatch_log_group: { kept: { name: "/kept", retention_in_days: 30 } },
    aws_launch_template: {
      web: {
        name: "web",
        instance_type: "t4g.medium",
        tags: { topic: "${aws_sns_topic.fresh.arn}" },
      },
    },
    aws_autoscaling_group: { web: group(6) },
    aws_ssm_parameter: { key: { name: "/key", type: "SecureString", value: "${var.password}" } },
    aws_iam_role: { web: { name: "web", assume_role_policy: policy("lambda.amazonaws.com") } },
    terraform_data: { half_way: { input: "x" } },
  },
  output: { topic: { value: "${aws_sns_topic.fresh.name}" } },
};

function policy(service: string): string {
  const statement = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

const run = (...args: string[]) =>
  runTerraform(program, folder, args, { ...env, SHOESTRING_CHANGED_BEHIND: behind }, [0, 2]);
const say = (config: object) => writeFileSync(join(folder, "main.tf.json"), JSON.stringify(config));

async function record(name: string, ...options: string[]): Promise<void> {
  await run("plan", "-input=false", "-out=plan", "-detailed-exitcode", ...options);
  const { stdout } = await run("show", "-json", "plan");
  // Most of a plan is not read here.
  const { configuration, planned_values, prior_state, relevant_attributes, timestamp, ...plan } =
    JSON.parse(stdout);
  const file = join(import.meta.dirname, "plans", `${name}.json`);
  writeFileSync(file, `${JSON.stringify(plan, null, 1)}\n`);
  console.log(`${file}: ${readFileSync(file).length} bytes`);
}

try {
  writeFileSync(behind, "{}");
  say(before);
  await run("init", "-input=false");
  await record("first");
  await run("apply", "-input=false", "plan");
  await run("taint", "terraform_data.half_way");
  await run("untaint", "terraform_data.half_way");
  await record("empty");
  await run("taint", "terraform_data.half_way");
  say(after);
  await record("everything");
  say(before);
  await run("untaint", "terraform_data.half_way");
  const topic = "arn:aws:sns:eu-central-1:000000000000:stays";
  const changes = {
    aws_sns_topic: { [topic]: { display_name: "by hand" } },
    aws_autoscaling_group: { web: { desired_capacity: 3 } },
    aws_cloudwatch_log_group: { "/kept": null },
  };
  writeFileSync(behind, JSON.stringify(changes));
  await record("drift", "-refresh-only", "-lock=false");
} finally {
  rmSync(folder, { recursive: true });
}
