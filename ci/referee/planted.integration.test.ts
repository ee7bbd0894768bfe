import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulatedTerraform } from "../../local/terraform/simulated.ts";
import type { Finding } from "./finding.ts";
import { ensurePrograms } from "./programs.ts";
import { judge } from "./referee.ts";
import { applied } from "./testing/apply.ts";
import { mistakes } from "./testing/mistakes.ts";

const region = "eu-central-1";
const folder = mkdtempSync(join(tmpdir(), "shoestring-planted-"));
let found: readonly Finding[];
beforeAll(async () => {
  const resource: Record<string, Record<string, unknown>> = {};
  for (const [index, { type, args }] of mistakes.entries()) {
    resource[type] = { ...resource[type], [`mistake-${index}`]: args };
  }
  const terraform = { required_providers: { aws: { source: "hashicorp/aws", version: "6.25.0" } } };
  const json = JSON.stringify({ terraform, provider: { aws: [{ region }] }, resource });
  // That it applies shows that the simulated provider takes each of them.
  const stack = await applied(await simulatedTerraform(), folder, "mistaken", json);
  found = (await judge([stack], region, await ensurePrograms(console.log))).findings;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(mistakes.map((mistake, index) => [mistake.what, mistake, index] as const))(
  "%s is found, though the simulated provider takes it",
  (_, { type, foundBy }, index) => {
    const against = found.filter(
      ({ at }) => at.split(" ")[0] === `mistaken/${type}.mistake-${index}`,
    );
    expect(against.map(({ rule }) => rule)).toContain(foundBy);
  },
);
