import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { type SimulatedTerraform, simulatedTerraform } from "../../local/terraform/simulated.ts";
import type { Cluster, ServiceSpec } from "../../modules/cluster/index.ts";
import { plannedChanges } from "../../terraform/terraform.ts";
import { asFile, synthesiseClusters } from "./synthesise-clusters.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-hooks-"));
// As deep as in a synth: a stack names the function's archive relative to itself.
const stack = join(folder, "stacks", "qa");
let terraform: SimulatedTerraform;
beforeAll(async () => {
  mkdirSync(stack, { recursive: true });
  terraform = await simulatedTerraform();
  await packageFunction("announce");
  write(beforeHooks(qa()));
  await terraform.init(stack);
  await planned();
  await terraform.apply(stack);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const service = {
  instances: { min: 1, max: 2 },
  basePort: 8000,
  command: ["./run"],
  repository: "example/app",
  hosts: ["www.example.org"],
} satisfies ServiceSpec;

/** The stack of a cluster whose service `web` differs so, and has these neighbours. */
function qa(differs: Partial<ServiceSpec> = {}, neighbours: Cluster["services"] = {}): string {
  const services = { web: { ...service, ...differs } as ServiceSpec, ...neighbours };
  const [cidr, hasAccount] = ["10.46.0.0/16", { account: account.account, region: account.region }];
  const cluster: Cluster = { name: "qa", cidr, ...hasAccount, services };
  return synthesiseClusters([asFile(cluster)]).get("qa") as string;
}

/** A stack as it was written when a group alone had hooks. */
function beforeHooks(text: string): string {
  const { resource, ...rest } = JSON.parse(text);
  const { aws_autoscaling_lifecycle_hook, ...others } = resource;
  for (const group of Object.values<{ lifecycle?: object }>(others.aws_autoscaling_group)) {
    if (group.lifecycle) group.lifecycle = { ignore_changes: ["desired_capacity"] };
  }
  expect(Object.keys(aws_autoscaling_lifecycle_hook)).toHaveLength(2);
  return JSON.stringify({ ...rest, resource: others });
}

function write(text: string) {
  const local = text.replaceAll('"/state/', `"${folder}/`);
  writeFileSync(join(stack, "cdk.tf.json"), local);
}

/** What the plan does to groups and hooks, like `hook terminate: update`. */
async function planned(): Promise<string[]> {
  await terraform.plan(stack);
  const changes = plannedChanges(await terraform.showPlan(stack));
  return changes.flatMap(({ address, change: { actions } }) => {
    const [, what] = /^(aws_autoscaling_.*)_[0-9A-F]{8}$/.exec(address) ?? [];
    const isRead = actions.every((it) => it === "no-op" || it === "read");
    return what === undefined || isRead ? [] : [`${what}: ${actions.join(" and ")}`];
  });
}

const hook = (name: string, action: string) =>
  `aws_autoscaling_lifecycle_hook.service-web_${name}-hook: ${action}`;
const refresh = "aws_autoscaling_group.service-web_resource: update";

test("a group that was made with other times gets its hooks, and is not replaced", async () => {
  write(qa({ shutdownTimeoutSeconds: 300 }));
  const changes = [refresh, hook("launch", "create"), hook("terminate", "create")];
  expect(await planned()).toEqual(changes);
  write(qa());
  expect(await planned()).toEqual(changes.slice(1));
  await terraform.apply(stack);
  expect(await terraform.plan(stack)).toBe("empty");
});

const slow = { processes: 9, startTimeoutSeconds: 120 };
const daily = { command: ["./report"], at: "daily", timeoutSeconds: 1800 };
const neighbour = { ...service, basePort: 9000, hosts: ["jobs.example.org"] };

test.each<[string, string[], Partial<ServiceSpec>, Cluster["services"]?]>([
  ["a longer shutdown", ["terminate"], { shutdownTimeoutSeconds: 300 }],
  ["a longer drain", ["terminate"], { drainTimeoutSeconds: 200 }],
  ["a longer stop", ["terminate"], { stopTimeoutSeconds: 200 }],
  ["more processes that start slowly", ["launch"], slow],
  ["a step before a release", ["terminate"], { before: ["./migrate"], beforeTimeoutSeconds: 900 }],
  ["a scheduled command", ["terminate"], { cron: { daily } }],
  [
    "a neighbour that is slow in both",
    ["launch", "terminate"],
    {},
    {
      jobs: {
        ...neighbour,
        ...slow,
        shutdownTimeoutSeconds: 300,
        instances: { sharedWith: "web" },
      },
    },
  ],
])(
  "%s changes a hook's time in place, not the group's instances at once",
  async (_, hooks, differs, neighbours) => {
    write(qa(differs, neighbours));
    const changes = (await planned()).filter((it) => !/attachment/.test(it));
    expect(changes).toEqual([refresh, ...hooks.map((name) => hook(name, "update"))]);
  },
);
