import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { type SimulatedTerraform, simulatedTerraform } from "../../local/terraform/simulated.ts";
import { addStacks, type ClusterFile } from "../../modules/cluster/index.ts";
import { type Applied, plannedChanges } from "../../terraform/terraform.ts";
import { accepted } from "../referee/accepted.ts";
import { outdated, unknown } from "../referee/finding.ts";
import { ensurePrograms } from "../referee/programs.ts";
import { appliedStack, type Judgement, judge } from "../referee/referee.ts";
import { ourClusters } from "./synthesise-clusters.ts";

/** The smallest and the largest; the region applies local, pages' tests apply staging. */
const clusters = (await ourClusters()).filter(({ file }) => ["dev", "production"].includes(file));
const stacks = ["account", ...clusters.flatMap(({ file }) => [file, `${file}-config`])];
let terraform: SimulatedTerraform;
const folder = mkdtempSync(join(tmpdir(), "shoestring-terraform-"));
const at = (stack: string) => join(folder, "stacks", stack);
const synthesised = (stack: string) => readFileSync(join(at(stack), "cdk.tf.json"), "utf8");

beforeAll(async () => {
  // The stacks share names, as they share an account.
  terraform = await simulatedTerraform(undefined, join(folder, "names.json"));
  await packageFunction("announce");
  console.log("providers: simulated; what passes here is accepted by Terraform, not by AWS");
  synthesise(clusters);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function synthesise(these: readonly ClusterFile[]) {
  const app = new App({ outdir: folder });
  addStacks(app, { account, clusters: these, state: { kind: "local", folder } });
  app.synth();
}

async function applied(stack: string) {
  await terraform.init(at(stack));
  expect(await terraform.plan(at(stack))).toBe("changes");
  await terraform.apply(at(stack));
}

test.concurrent.each(stacks)(
  "%s: the saved plan is applied, and the second plan is empty",
  async (stack) => {
    await applied(stack);
    expect(await terraform.plan(at(stack))).toBe("empty");
  },
);

describe("programs of others on what was applied", () => {
  let judgement: Judgement;
  beforeAll(async () => {
    const ofAws = stacks.filter((stack) => !stack.endsWith("-config"));
    const states = await Promise.all(ofAws.map((stack) => terraform.showState(at(stack))));
    const all = ofAws.map((stack, index) =>
      appliedStack(stack, synthesised(stack), states[index] as Applied),
    );
    judgement = await judge(all, account.region, await ensurePrograms(console.log));
    console.log("the referee looked at", judgement.looked);
  });

  test("every argument that a stack sets has its place in CloudFormation's form", () => {
    expect(judgement.unplaced).toEqual([]);
  });

  test("every finding of theirs is accepted for a reason, and every accepted one is found", () => {
    expect(unknown(judgement.findings, accepted)).toEqual([]);
    expect(outdated(judgement.findings, accepted)).toEqual([]);
  });
});

describe("a service that is added to production does not change the others", () => {
  const written = new Map<string, string>();
  beforeAll(() => {
    for (const stack of stacks) written.set(stack, synthesised(stack));
    const search = {
      instances: { min: 2, max: 4 },
      command: ["./search"],
      repository: "example/search",
    };
    synthesise(
      clusters.map((it) => {
        if (it.file !== "production") return it;
        return { ...it, cluster: { ...it.cluster, services: { ...it.cluster.services, search } } };
      }),
    );
  });

  test.concurrent.each([
    ["production", "its machines, rule and rights", 10],
    ["production-config", "its rights in Consul", 1],
    ["account", "the role of its repository", 2],
  ])("%s: adds %s", async (stack, _, least) => {
    const before = await terraform.showState(at(stack));
    await terraform.init(at(stack));
    expect(await terraform.plan(at(stack))).toBe("changes");
    const changes = plannedChanges(await terraform.showPlan(at(stack))).filter(
      ({ mode, change }) => mode === "managed" && change.actions.join() !== "no-op",
    );
    expect(changes.length).toBeGreaterThanOrEqual(least);
    for (const { address, change } of changes) {
      expect(change.actions, address).toEqual(["create"]);
      expect(address).toContain("search");
    }
    await terraform.apply(at(stack));
    const after = await terraform.showState(at(stack));
    const kept = new Set(after.resources.map(({ address }) => address));
    expect(before.resources.filter(({ address }) => !kept.has(address))).toEqual([]);
  });

  test("the stacks of other clusters are written as before", () => {
    const others = stacks.filter((it) => it !== "account" && !it.startsWith("production"));
    expect(others.length).toBeGreaterThan(0);
    for (const stack of others) expect(synthesised(stack), stack).toBe(written.get(stack));
  });
});

test("a plan that another apply made stale is refused, and nothing is changed", async () => {
  const stack = "dev";
  await terraform.plan(at(stack), "-destroy", "-target=aws_sns_topic.alarms", "-refresh=false");
  await terraform.destroy(at(stack));
  await expect(terraform.apply(at(stack))).rejects.toThrow(/stale/i);
});

// The account protects the bucket of its state.
const mortal = stacks.filter((stack) => stack !== "account");

test.concurrent.each(mortal)("%s: destroy leaves nothing", async (stack) => {
  await terraform.destroy(at(stack));
  expect((await terraform.showState(at(stack))).resources).toEqual([]);
});
