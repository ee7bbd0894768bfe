import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { simulatedTerraform } from "../../local/terraform/simulated.ts";
import { ourClusters, synthesiseClusters } from "../stacks/synthesise-clusters.ts";
import { accepted } from "./accepted.ts";
import { outdated, unknown } from "./finding.ts";
import { ensurePrograms } from "./programs.ts";
import { type AppliedStack, type Judgement, judge } from "./referee.ts";
import { applied } from "./testing/apply.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-referee-"));
let judgement: Judgement;
beforeAll(async () => {
  const terraform = await simulatedTerraform(undefined, join(folder, "names.json"));
  await packageFunction("announce");
  const stacks: AppliedStack[] = [];
  for (const [name, json] of synthesiseClusters(await ourClusters())) {
    // What a cluster has in Consul is nothing that AWS takes.
    if (!name.endsWith("-config")) stacks.push(await applied(terraform, folder, name, json));
  }
  judgement = await judge(stacks, account.region, await ensurePrograms(console.log));
  console.log("the referee looked at", judgement.looked);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every argument that a stack sets has its place in CloudFormation's form", () => {
  expect(judgement.unplaced).toEqual([]);
});

test("every finding against every stack is accepted for a reason", () => {
  expect(unknown(judgement.findings, accepted)).toEqual([]);
});

test("every accepted finding is still found", () => {
  expect(outdated(judgement.findings, accepted)).toEqual([]);
});
