import { join } from "node:path";
import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import { Wafv2WebAcl } from "@cdktf/provider-aws/lib/wafv2-web-acl/index.js";
import type { TerraformStack } from "cdktf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { type InstalledProviders, installProviders } from "./install.ts";
import { account, cluster, providers, region } from "./testing/stack.ts";
import { type Json, Terraform } from "./testing/terraform.ts";

let installed: InstalledProviders;

beforeAll(async () => {
  installed = await installProviders(join(cacheDir(), "terraform-providers"));
}, 300_000);

describe("a cluster from nothing to nothing", () => {
  let terraform: Terraform;
  beforeAll(() => {
    terraform = new Terraform(installed.env);
  });
  afterAll(() => terraform.remove());

  test("init and validate", async () => {
    terraform.configure((stack) => cluster(stack));
    await terraform.must("init");
    await terraform.must("validate");
  });

  test("a saved plan is applied, with a warning that it is simulated", async () => {
    const planned = await terraform.must("plan", "-out=saved");
    expect(planned).toContain("Plan: 24 to add, 0 to change, 0 to destroy");
    expect(planned).toContain("simulated: nothing of this exists at AWS");
    expect(await terraform.must("apply", "saved")).toContain("24 added, 0 changed, 0 destroyed");
  });

  test("a second plan is empty", async () => {
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  test("ids and ARNs have AWS' forms, in the provider's region and account", async () => {
    expect(terraform.values("aws_lb.balancer")).toMatchObject({
      arn: expect.stringMatching(
        `^arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/test/[0-9a-f]{16}$`,
      ),
      region,
    });
    expect(terraform.values("aws_sqs_queue.queue").arn).toBe(
      `arn:aws:sqs:${region}:${account}:announce`,
    );
    expect(terraform.values("aws_iam_role.role").arn).toBe(`arn:aws:iam::${account}:role/test-web`);
    const [rule, listener] = [
      terraform.values("aws_lb_listener_rule.rule"),
      terraform.values("aws_lb_listener.listener"),
    ];
    expect(rule.arn.replace("listener-rule", "listener").startsWith(listener.arn)).toBe(true);
  });

  test("two objects with the same arguments have different ids", async () => {
    const [a, b] = [terraform.values("aws_eip.eip-a"), terraform.values("aws_eip.eip-b")];
    expect(a.id).toMatch(/^eipalloc-[0-9a-f]{17}$/);
    expect(a.id).not.toBe(b.id);
  });

  test("all tags are the provider's default ones and a resource's own", async () => {
    const queue = terraform.values("aws_sqs_queue.queue");
    expect(queue.tags_all).toEqual({ cluster: "test", number: "one" });
  });

  test("a policy has its source's statements and its own", async () => {
    const { policy } = terraform.values("aws_iam_role_policy.role-policy");
    expect(JSON.parse(policy).Statement.map((each: Json) => each.Sid)).toEqual(["Send", "Read"]);
  });

  test("a tag and user data change in place, the template gets a new version, and the group follows", async () => {
    const before = terraform.values("aws_launch_template.template");
    terraform.configure((stack) => cluster(stack, { tag: "two", userData: "#!/bin/sh -e\n" }));
    // Terraform also plans readers of the changed queue's policies; apply finds them unchanged.
    const planned = await terraform.must("plan", "-out=saved");
    expect(planned).toContain("0 to add, 6 to change, 0 to destroy");
    const applied = await terraform.must("apply", "saved");
    expect(applied).toContain("0 added, 4 changed, 0 destroyed");
    const after = terraform.values("aws_launch_template.template");
    expect(after).toMatchObject({ id: before.id, latest_version: 2, default_version: 2 });
    const { mixed_instances_policy: policy } = terraform.values("aws_autoscaling_group.scaling");
    expect(policy[0].launch_template[0].launch_template_specification[0].version).toBe("2");
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  test("a template whose tag alone changes has no new version", async () => {
    terraform.configure((stack) => cluster(stack, { tag: "three", userData: "#!/bin/sh -e\n" }));
    await terraform.must("apply", "-auto-approve");
    const template = terraform.values("aws_launch_template.template");
    expect(template).toMatchObject({ latest_version: 2, tags: { number: "three" } });
  });

  test("a changed name replaces the object and those that refer to it", async () => {
    terraform.configure((stack) =>
      cluster(stack, { tag: "three", userData: "#!/bin/sh -e\n", queueName: "announcements" }),
    );
    const planned = await terraform.must("plan", "-out=saved");
    expect(planned).toMatch(/aws_sqs_queue\.queue must be replaced/);
    expect(planned).toMatch(/aws_sqs_queue_policy\.policy must be replaced/);
    await terraform.must("apply", "saved");
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  test("destroy leaves nothing", async () => {
    await terraform.must("destroy", "-auto-approve");
    expect(await terraform.must("state", "list")).toBe("");
  });
});

describe("smaller stacks", () => {
  const made: Terraform[] = [];
  afterAll(() => {
    for (const each of made) each.remove();
  });

  async function started(
    fill: (stack: TerraformStack) => void,
    override?: (json: Json) => void,
  ): Promise<Terraform> {
    const terraform = new Terraform(installed.env);
    made.push(terraform);
    terraform.configure((stack) => {
      providers(stack);
      fill(stack);
    }, override);
    await terraform.must("init");
    return terraform;
  }

  test("an imported bucket is not replaced, and the next plan is empty", async () => {
    const terraform = await started((stack) => {
      new S3Bucket(stack, "bucket", { bucket: "older" }).importFrom("older");
    });
    expect(await terraform.must("plan")).toContain(
      "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy",
    );
    await terraform.must("apply", "-auto-approve");
    expect(terraform.values("aws_s3_bucket.bucket").arn).toBe("arn:aws:s3:::older");
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  test("an imported group takes attributes that its id lacks from the configuration", async () => {
    const terraform = await started((stack) => {
      const vpcId = "vpc-00000000000000001";
      const group = new SecurityGroup(stack, "group", { name: "web", description: "Web", vpcId });
      group.importFrom("sg-00000000000000001");
    });
    const planned = await terraform.must("plan", "-out=saved");
    expect(planned).toContain("Plan: 1 to import, 0 to add, 1 to change, 0 to destroy");
    await terraform.must("apply", "saved");
    expect(terraform.values("aws_security_group.group")).toMatchObject({
      id: "sg-00000000000000001",
      name: "web",
    });
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  test("omitted names are made up, and dynamic blocks and secrets are accepted", async () => {
    const terraform = await started((stack) => {
      new LbTargetGroup(stack, "target", { port: 80, protocol: "HTTP", vpcId: "vpc-1" });
      new SqsQueue(stack, "queue", { fifoQueue: true });
      new SsmParameter(stack, "secret", {
        name: "/a/b",
        type: "SecureString",
        valueWo: "hush",
        valueWoVersion: 1,
      });
      new DbInstance(stack, "database", {
        instanceClass: "db.t4g.micro",
        engine: "postgres",
        username: "web",
        passwordWo: "hush",
        skipFinalSnapshot: true,
      });
      new AcmCertificate(stack, "certificate", { domainName: "a.test", validationMethod: "DNS" });
      new Wafv2WebAcl(stack, "acl", {
        name: "web",
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        visibilityConfig: {
          cloudwatchMetricsEnabled: true,
          metricName: "web",
          sampledRequestsEnabled: false,
        },
        rule: [
          {
            name: "common",
            priority: 1,
            overrideAction: { none: {} },
            statement: { managed_rule_group_statement: [{ name: "Common", vendor_name: "AWS" }] },
            visibilityConfig: {
              cloudwatchMetricsEnabled: true,
              metricName: "common",
              sampledRequestsEnabled: false,
            },
          },
        ],
      });
    });
    await terraform.must("apply", "-auto-approve");
    const { name } = terraform.values("aws_lb_target_group.target");
    expect(name).toMatch(/^tf-/);
    expect(name.length).toBeLessThanOrEqual(32);
    expect(terraform.values("aws_sqs_queue.queue").name).toMatch(/\.fifo$/);
    expect(await terraform.must("state", "pull")).not.toContain("hush");
    expect(await terraform.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    await terraform.must("destroy", "-auto-approve");
    expect(await terraform.must("state", "list")).toBe("");
  });

  test("a second provider has its own region", async () => {
    const terraform = await started((stack) => {
      const provider = new AwsProvider(stack, "global", { alias: "global", region: "us-east-1" });
      const [domainName, validationMethod] = ["a.test", "DNS"];
      new AcmCertificate(stack, "certificate", { provider, domainName, validationMethod });
    });
    await terraform.must("apply", "-auto-approve");
    expect(terraform.values("aws_acm_certificate.certificate").arn).toMatch(
      /^arn:aws:acm:us-east-1:000000000000:/,
    );
  });

  const queue = (json: Json): Json => json.resource.aws_sqs_queue.queue;
  test.each<[string, (json: Json) => void, RegExp]>([
    [
      "an argument that is not there",
      (json) => {
        queue(json).nam = "typo";
      },
      /"nam"/,
    ],
    [
      "an attribute that is not there",
      (json) => {
        queue(json).name = "${aws_lb_target_group.target.arnn}";
      },
      /arnn/,
    ],
    [
      "text for a number",
      (json) => {
        queue(json).delay_seconds = "soon";
      },
      /a number is required/,
    ],
    [
      "a list for a map",
      (json) => {
        queue(json).tags = ["one"];
      },
      /map of string required/,
    ],
    [
      "a name that is too long",
      (json) => {
        json.resource.aws_lb_target_group.target.name = "a".repeat(33);
      },
      /has 33 characters, more than\s+32/,
    ],
    [
      "a word that AWS does not know",
      (json) => {
        json.resource.aws_lb_target_group.target.protocol = "FTP";
      },
      /protocol "FTP" is\s+none of/,
    ],
    [
      "a number out of its range, in a block",
      (json) => {
        json.resource.aws_lb_target_group.target.health_check = { interval: 1 };
      },
      /health_check.interval\s+1\s+is\s+less\s+than\s+5/,
    ],
    [
      "two arguments that exclude each other",
      (json) => {
        Object.assign(queue(json), { name: "a", name_prefix: "b" });
      },
      /name and\s+name_prefix cannot\s+be given together/,
    ],
    [
      "neither of two of which one is needed",
      (json) => {
        delete json.resource.aws_lb.balancer.subnets;
      },
      /one\s+must\s+be\s+given\s+of\s+subnet_mapping,\s+subnets/,
    ],
  ])("refused: %s", async (_, mistake, message) => {
    const terraform = await started((stack) => {
      new SqsQueue(stack, "queue", {});
      const [port, protocol, vpcId] = [80, "HTTP", "vpc-1"];
      new LbTargetGroup(stack, "target", { name: "target", port, protocol, vpcId });
      new Lb(stack, "balancer", { name: "balancer", subnets: ["subnet-1"] });
    }, mistake);
    const { code, output } = await terraform.run("validate");
    expect(code).toBe(1);
    expect(output.replaceAll("│", "")).toMatch(message);
  });

  test("refused: a run without SHOESTRING_SIMULATED", async () => {
    const terraform = new Terraform({ ...installed.env, SHOESTRING_SIMULATED: "" });
    made.push(terraform);
    terraform.configure((stack) => {
      providers(stack);
      new SqsQueue(stack, "queue", {});
    });
    await terraform.must("init");
    const { code, output } = await terraform.run("plan");
    expect(code).toBe(1);
    expect(output).toMatch(/SHOESTRING_SIMULATED=1 is not\s+set/);
    expect(output).toContain("Unchanged: the state");
    expect(output).toContain("Next: to run against AWS");
  });
});

test("all files are below the cache, and a second install makes none", async () => {
  const again = await installProviders(join(cacheDir(), "terraform-providers"));
  expect(again).toEqual(installed);
  expect(installed.which).toBe("simulated");
  expect(installed.cliConfigFile.startsWith(cacheDir())).toBe(true);
});
