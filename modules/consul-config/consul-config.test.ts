import { ConsulProvider } from "@cdktf/provider-consul/lib/provider/index.js";
import { App, TerraformStack, Testing } from "cdktf";
import { expect, test } from "vitest";
import { badVariables, goodVariables } from "../../protocol/testing/config-variables.ts";
import { type Arguments, readSynthesised } from "../testing/synthesise.ts";
import { ConsulConfig, type ConsulConfigProps } from "./index.ts";
import { agentRules } from "./policies.ts";

const minimal: ConsulConfigProps = { cluster: "staging", services: ["web", "api"] };

function synthesised(own: Partial<ConsulConfigProps> = {}) {
  const stack = new TerraformStack(new App(), "staging-config");
  new ConsulProvider(stack, "consul", { address: "consul.staging.internal:8500" });
  new ConsulConfig(stack, "config", { ...minimal, ...own });
  return readSynthesised(Testing.synth(stack, true));
}

const all = (type: string, own: Partial<ConsulConfigProps> = {}): Arguments[] =>
  Object.values(synthesised(own).resources(type));

interface Key {
  readonly path: string;
  readonly value: string;
}

/** The keys that are written to KV, each by a resource of its own. */
function keysOf(own: Partial<ConsulConfigProps> = {}): Key[] {
  const entries = all("consul_keys", own).map(({ key }) => key as Key[]);
  expect(entries.every((key) => key.length === 1)).toBe(true);
  return entries.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

const variables = (own: Partial<ConsulConfigProps> = {}) =>
  keysOf(own).filter(({ path }) => !path.startsWith("services/"));

test("each service's instances, the function, operators and viewers have a policy of their own", () => {
  const policies = all("consul_acl_policy");
  expect(policies.map(({ name }) => name).sort()).toEqual([
    "agent-api",
    "agent-web",
    "announce",
    "operator",
    "viewer",
  ]);
  const web = policies.find(({ name }) => name === "agent-web");
  expect(web?.rules).toBe(agentRules(["web"]));
});

test("each policy has one token, and Terraform never reads a token's secret", () => {
  const made = synthesised();
  const policyOf = ({ policies: [first] }: Arguments) => /policy-([a-z-]+)_/.exec(first)?.[1];
  const tokens = Object.values(made.resources("consul_acl_token"));
  expect(tokens.map(policyOf).sort()).toEqual([
    "agent-api",
    "agent-web",
    "announce",
    "operator",
    "viewer",
  ]);
  expect(made.text).not.toMatch(/secret_id/);
  const { output } = JSON.parse(made.text) as { output: Arguments };
  expect(Object.keys(output)).toEqual(["accessor_ids"]);
  for (const id of Object.values(output.accessor_ids.value)) expect(id).toMatch(/\.accessor_id}$/);
});

test("a variable is one key, which is removed with the variable", () => {
  const config = {
    globalConfig: { LOG_LEVEL: "info" },
    serviceConfig: {
      web: { LOG_LEVEL: "debug", DB_PASSWORD: "ssm:/shoestring/staging/web/db-password" },
    },
  };
  const entries = variables(config);
  expect(entries).toEqual([
    { path: "global/LOG_LEVEL", value: "info", delete: true },
    {
      path: "web/DB_PASSWORD",
      value: "ssm:/shoestring/staging/web/db-password",
      delete: true,
    },
    { path: "web/LOG_LEVEL", value: "debug", delete: true },
  ]);
});

test("a value is a literal for Terraform, never an expression", () => {
  const [written] = variables({ globalConfig: { PATTERN: "${user} %{if} $1 100%" } });
  expect(written?.value).toBe("$${user} %%{if} $1 100%");
});

test("without config no variable is written, and each service has a key with its name", () => {
  expect(variables()).toEqual([]);
  expect(keysOf().map(({ path }) => path)).toEqual(["services/api", "services/web"]);
  expect(synthesised().text).not.toContain("consul_key_prefix");
});

test("a variable's address follows from its name, so an added variable changes no other address", () => {
  const addresses = (globalConfig: Record<string, string>) =>
    synthesised({ globalConfig }).addresses.filter((it) => it.startsWith("consul_keys."));
  const [alone] = addresses({ B: "1" });
  expect(addresses({ A: "1", B: "1", C: "1" })).toContain(alone);
});

test.each<[Partial<ConsulConfigProps>, string]>([
  [{ cluster: "Staging" }, 'cluster is "Staging"; good: "staging"'],
  [{ services: ["deploys"] }, 'services is ["deploys"]; good: a list of different names'],
  [{ services: ["web", "web"] }, 'services is ["web","web"]; good: a list of different names'],
  [{ serviceConfig: { wbe: {} } }, 'serviceConfig is ["wbe"]; good: only names that are in'],
  [{ serviceConfig: { global: {} } }, 'serviceConfig is ["global"]; good: only names that are in'],
  [
    { globalConfig: { "log-level": "info" } },
    'the name of globalConfig.log-level is "log-level"; good: letters, digits and underscores, like "LOG_LEVEL" (its name is not made of',
  ],
  [
    { globalConfig: { A: "\0" } },
    'globalConfig.A is "(not shown)"; good: text that a process can be given',
  ],
  [
    { serviceConfig: { web: { KEY: "ssm:" } } },
    'serviceConfig.web.KEY is "(not shown)"; good: text that a process can be given, or a whole reference like "ssm:/shoestring/staging/web/key" (its value begins like a reference',
  ],
  [
    { serviceConfig: { web: { DB_PASSWORD: "hunter2" } } },
    'serviceConfig.web.DB_PASSWORD is "(not shown)"; good: a reference, because it looks like a secret: "ssm:/shoestring/staging/web/db-password"',
  ],
])("%j is refused with a good value", (own, message) => {
  expect(() => synthesised(own)).toThrow(message);
});

test.each(goodVariables)("%s=%j is written", (name, value) => {
  const [written] = variables({ serviceConfig: { web: { [name]: value } } });
  expect(written?.path).toBe(`web/${name}`);
});

test.each(badVariables)("%j=%j is refused, without its value", (name, value, why) => {
  const refused = () => synthesised({ serviceConfig: { web: { [name]: value } } });
  expect(refused).toThrow(why);
  expect(refused).not.toThrow("hunter2");
});

test("the error for a refused secret does not print it", () => {
  const globalConfig = { DB_PASSWORD: "hunter2", B: "ssm:", C: "hunter2\0" };
  const refused = () => synthesised({ globalConfig });
  expect(refused).toThrow("globalConfig.DB_PASSWORD");
  expect(refused).not.toThrow("hunter2");
});
