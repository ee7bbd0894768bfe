import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { type InstalledProviders, installProviders } from "./install.ts";
import { installedBindings } from "./schema/bindings.ts";
import { readSchema, schemaFile } from "./schema/cache.ts";
import { everyType } from "./testing/every-type.ts";
import { examples } from "./testing/examples.ts";
import { providers } from "./testing/stack.ts";
import { type Json, Terraform } from "./testing/terraform.ts";

const cache = join(cacheDir(), "terraform-providers");
const rules = ["limits", "conflicts", "exactlyOne", "atLeastOne", "requiredWith"];
let installed: InstalledProviders;

beforeAll(async () => {
  installed = await installProviders(cache);
}, 300_000);

function read(kind: "facts" | "overlay", name: string): Json {
  return JSON.parse(readFileSync(new URL(`${kind}/${name}.json`, import.meta.url), "utf8"));
}

/** All types take minutes; by default only those in the overlay, which are in use, are tested. */
const everything = process.env.SHOESTRING_EVERY_TYPE === "1";

/** Types without rules accept any value of the right type. */
async function configuration(all: boolean): Promise<Record<string, Json>> {
  const resources: Record<string, Json> = {};
  for (const name of ["aws", "consul"]) {
    const [overlay, facts] = [read("overlay", name).resources, read("facts", name).resources];
    const schema = readSchema(
      await schemaFile(cache, installedBindings(`@cdktf/provider-${name}`)),
    );
    for (const [type, one] of Object.entries(everyType(schema, all))) {
      if (!overlay[type] && !everything) continue;
      const ruled = rules.some((rule) => overlay[type]?.[rule] ?? facts[type]?.[rule]);
      const example = ruled ? examples[type] : one;
      if (!example) throw new Error(`testing/examples.ts has none of ${type}`);
      resources[type] = { example };
    }
  }
  return resources;
}

/** Terraform writes its whole state after every object: a few small stacks are faster than one. */
function parts(resources: Record<string, Json>): Record<string, Json>[] {
  const all = Object.entries(resources);
  const size = 150;
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    Object.fromEntries(all.slice(at * size, (at + 1) * size)),
  );
}

describe.each([
  ["what is required", false],
  ["all that can be given", true],
])(`${everything ? "every type" : "every type in use"}, with %s`, (_, all) => {
  let terraform: Terraform;
  beforeAll(() => {
    terraform = new Terraform(installed.env);
  });
  afterAll(() => terraform.remove());

  test("is planned, applied, found unchanged and destroyed", { timeout: 300_000 }, async () => {
    for (const resources of parts(await configuration(all))) {
      terraform.configure(providers, (json) => {
        json.resource = resources;
      });
      await terraform.must("init");
      await terraform.must("apply", "-auto-approve");
      const again = await terraform.run("plan", "-detailed-exitcode");
      expect(again.code, again.output.slice(-3000)).toBe(0);
      await terraform.must("destroy", "-auto-approve");
      expect(await terraform.must("state", "list")).toBe("");
    }
  });
});
