import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { installProviders } from "../simulated-provider/install.ts";
import { validatingTerraform } from "./simulated.ts";

/** The "real" providers here are the simulated ones, in a folder in place of the registry. */
const folder = mkdtempSync(join(tmpdir(), "shoestring-validating-"));
const cache = join(folder, "cache");
let registry: Record<string, string>;
beforeAll(async () => {
  const { env } = await installProviders(join(cacheDir(), "terraform"));
  mkdirSync(cache);
  registry = { ...env, TF_PLUGIN_CACHE_DIR: cache, SHOESTRING_SIMULATED: "" };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A stack that needs a version of the provider, with a queue of these arguments. */
function stack(version: string, queue: Readonly<Record<string, unknown>> = {}): string {
  const at = mkdtempSync(join(folder, "stack-"));
  const required_providers = { aws: { source: "aws", version } };
  const json = { terraform: { required_providers }, resource: { aws_sqs_queue: { jobs: queue } } };
  writeFileSync(join(at, "cdk.tf.json"), JSON.stringify(json));
  return at;
}

test("a stack is validated with the real providers if they can be installed", async () => {
  const good = stack("6.25.0");
  const { providers, terraform } = await validatingTerraform(good, registry);
  expect(providers).toBe("real");
  expect(await terraform.validate(good)).toEqual([]);
  const mistaken = stack("6.25.0", { shape: "round" });
  await terraform.init(mistaken);
  expect(await terraform.validate(mistaken)).toHaveLength(1);
});

test("a stack is validated with the simulated providers if the registry does not answer, with the reason", async () => {
  const config = join(folder, "away.rc");
  const services = '{ "providers.v1" = "http://127.0.0.1:9/" }';
  writeFileSync(config, `host "registry.terraform.io" {\n  services = ${services}\n}\n`);
  const away = { ...registry, TF_CLI_CONFIG_FILE: config, TF_REGISTRY_DISCOVERY_RETRY: "0" };
  const { providers, terraform } = await validatingTerraform(stack("6.25.0"), away);
  expect(providers).toMatch(/^simulated; .*: could not query provider registry for .*aws/);
  const good = stack("6.25.0");
  await terraform.init(good);
  expect(await terraform.validate(good)).toEqual([]);
});

test.each([
  ["a version that there is not", () => stack("6.24.9"), /no available releases match/],
  ["a version that is none", () => stack("newest"), /version constraint/i],
])("a stack with %s is an error, whether or not the registry answers", async (_, at, words) => {
  const failed = await validatingTerraform(at(), registry).catch(String);
  expect(String(failed).replaceAll(/\s+/g, " ")).toMatch(words);
});
