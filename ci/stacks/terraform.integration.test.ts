import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { type SimulatedTerraform, simulatedTerraform } from "../../local/terraform/terraform.ts";
import { addStacks, type ClusterFile } from "../../modules/cluster/index.ts";
import { ourClusters } from "./synthesise-clusters.ts";

let terraform: SimulatedTerraform;
const folder = mkdtempSync(join(tmpdir(), "shoestring-terraform-"));
const at = (stack: string) => join(folder, "stacks", stack);

beforeAll(async () => {
  terraform = await simulatedTerraform();
  await packageFunction("announce");
  console.log("providers: simulated; what passes here is accepted by Terraform, not by AWS");
  synthesise(await ourClusters());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function synthesise(clusters: readonly ClusterFile[]) {
  const app = new App({ outdir: folder });
  addStacks(app, { account, clusters, state: { kind: "local", folder } });
  app.synth();
}

async function applied(stack: string) {
  await terraform.init(at(stack));
  expect(await terraform.plan(at(stack))).toBe("changes");
  await terraform.applyPlan(at(stack));
}

const stacks = ["account", "dev", "dev-config", "local", "local-config"].concat([
  "production",
  "production-config",
  "staging",
  "staging-config",
]);

test.concurrent.each(stacks)(
  "%s: the saved plan is applied, and the second plan is empty",
  async (stack) => {
    await applied(stack);
    expect(await terraform.plan(at(stack))).toBe("empty");
  },
);

test("a service that is added to production changes nothing of the others", async () => {
  const clusters = await ourClusters();
  const before = await terraform.show(at("production"));
  synthesise(
    clusters.map((it) => {
      if (it.file !== "production") return it;
      const search = { instances: { min: 2, max: 4 }, command: ["./search"] };
      return { ...it, cluster: { ...it.cluster, services: { ...it.cluster.services, search } } };
    }),
  );
  await terraform.init(at("production"));
  expect(await terraform.plan(at("production"))).toBe("changes");
  const changes = (await terraform.planned(at("production"))).filter(
    ({ mode, change }) => mode === "managed" && change.actions.join() !== "no-op",
  );
  expect(changes.length).toBeGreaterThan(10);
  for (const { address, change } of changes) {
    expect(change.actions, address).toEqual(["create"]);
    expect(address).toContain("search");
  }
  await terraform.applyPlan(at("production"));
  const after = await terraform.show(at("production"));
  const kept = new Set(after.resources.map(({ address }) => address));
  expect(before.resources.filter(({ address }) => !kept.has(address))).toEqual([]);
});

test("a plan that another apply made stale is refused, and nothing is changed", async () => {
  const stack = "dev";
  await terraform.plan(at(stack), "-destroy", "-target=aws_sns_topic.alarms", "-refresh=false");
  await terraform.destroy(at(stack));
  await expect(terraform.applyPlan(at(stack))).rejects.toThrow(/stale/i);
});

// The account keeps its state's bucket on purpose.
const mortal = stacks.filter((stack) => stack !== "account");

test.concurrent.each(mortal)("%s: destroy leaves nothing", async (stack) => {
  await terraform.destroy(at(stack));
  expect((await terraform.show(at(stack))).resources).toEqual([]);
});
