import { expect, test } from "vitest";
import { agentRules, announceRules, operatorRules, viewerRules } from "./policies.ts";

/** Rules as [kind, name, policy]. */
const parse = (rules: string) =>
  [...rules.matchAll(/^(\w+) ("[^"]*") \{ policy = "(\w+)" \}$/gm)].map(
    ([, kind, name, policy]) => [kind, JSON.parse(name as string), policy],
  );

test("an instance reads the config of its own services, and writes their reports and rollbacks", () => {
  const rules = parse(agentRules(["web"]));
  expect(rules).toContainEqual(["key", "pauses/web", "read"]);
  expect(rules).toContainEqual(["key_prefix", "drains/", "list"]);
  expect(rules).toContainEqual(["key_prefix", "web/", "list"]);
  expect(rules).toContainEqual(["key_prefix", "global/", "list"]);
  const writable = rules.filter(
    ([kind, , policy]) => String(kind).startsWith("key") && policy === "write",
  );
  expect(writable.map(([, name]) => name).sort()).toEqual([
    "audit/",
    "deploys/web",
    "holds/web",
    "releases/web/good",
    "releases/web/previous",
    "rollouts/web/",
    "slots/web/",
  ]);
});

test("a service whose name begins like another's may not read the other's config", () => {
  const prefixes = parse(agentRules(["web"])).filter(([kind]) => kind === "key_prefix");
  for (const [, name] of prefixes) expect(name).toMatch(/\/$/);
});

test("the announce function writes deploys and the audit log, and cannot lift a hold", () => {
  expect(parse(announceRules())).toEqual([
    ["key_prefix", "deploys/", "write"],
    ["key_prefix", "rollouts/", "write"],
    ["key_prefix", "holds/", "list"],
    ["key_prefix", "audit/", "write"],
  ]);
});

test("only the management token may change ACLs", () => {
  const all = [agentRules(["web"]), announceRules(), operatorRules(), viewerRules()].flatMap(parse);
  expect(all.map(([kind]) => kind)).not.toContain("acl");
});

test("a viewer reads everything in KV and writes nothing", () => {
  const rules = parse(viewerRules());
  expect(rules).toContainEqual(["key_prefix", "", "list"]);
  expect(rules.map(([, , policy]) => policy)).not.toContain("write");
});
