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

const folder = mkdtempSync(join(tmpdir(), "shoestring-moves-"));
// As deep as in a synth: a stack names the function's archive relative to itself.
const at = (stack: string) => join(folder, "stacks", stack);
let terraform: SimulatedTerraform;
beforeAll(async () => {
  terraform = await simulatedTerraform(undefined, join(folder, "names.json"));
  await packageFunction("announce");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const service = (instances: ServiceSpec["instances"]): ServiceSpec => ({
  instances,
  basePort: "sharedWith" in instances ? 9000 : 8000,
  command: ["./run"],
  repository: "example/app",
});
const own = { min: 1, max: 2 };

const stacksWith = (jobs: ServiceSpec["instances"]) =>
  synthesiseClusters([
    asFile({
      name: "qa",
      cidr: "10.46.0.0/16",
      account: account.account,
      region: account.region,
      services: {
        web: { ...service(own), hosts: ["www.example.org"] },
        jobs: { ...service(jobs), hosts: ["jobs.example.org"] },
      },
    } satisfies Cluster),
  ]);

/** A stack as it was written before anything of it moved. */
function beforeMoves(text: string): string {
  const { moved, ...stack } = JSON.parse(text) as { moved: readonly Move[] };
  return moved.reduce((json, { from, to }) => {
    const [before, now] = [from, to].map((it) => it.split(".")[1] as string);
    return json.replaceAll(new RegExp(`\\b${now}\\b`, "g"), before as string);
  }, JSON.stringify(stack));
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** Applies a stack, and gives what that made and deleted. */
async function applied(stack: string, text: string) {
  mkdirSync(at(stack), { recursive: true });
  // Each state of the test has a file of its own for Terraform: the same one.
  const local = text.replaceAll('"/state/', `"${folder}/`);
  writeFileSync(join(at(stack), "cdk.tf.json"), local);
  await terraform.init(at(stack));
  await terraform.plan(at(stack));
  const changes = plannedChanges(await terraform.showPlan(at(stack)));
  await terraform.apply(at(stack));
  const [made, deleted] = ["create", "delete"].map((action) =>
    changes
      .filter(({ mode, change }) => mode === "managed" && change.actions.includes(action))
      .map(({ address }) => address),
  );
  return { made: made as string[], deleted: deleted as string[] };
}

const nothing = { made: [], deleted: [] };

test("what was applied before the ids moved is neither destroyed nor made again", async () => {
  for (const stack of ["qa", "account"]) {
    const text = stacksWith({ sharedWith: "web" }).get(stack) as string;
    expect((await applied(stack, beforeMoves(text))).deleted, stack).toEqual([]);
    expect(await applied(stack, text), stack).toEqual(nothing);
  }
});

test.each([
  ["to instances of its own", own],
  ["back to those of another", { sharedWith: "web" }],
] as const)(
  "a service that moves %s keeps its target group and its alarms",
  async (_, instances) => {
    const text = stacksWith(instances).get("qa") as string;
    const { made, deleted } = await applied("qa", text);
    expect([...made, ...deleted].filter((it) => /target_group|metric_alarm/.test(it))).toEqual([]);
    expect(await terraform.plan(at("qa")), "an alarm that was deleted would come again").toBe(
      "empty",
    );
  },
);
