import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { addressFaults, reviewedAddresses } from "./addresses.ts";
import { contract } from "./contract.ts";
import { ourClusters, synthesiseClusters } from "./synthesise-clusters.ts";
import { reviewedUserData, userDataText } from "./user-data.ts";

let stacks: Map<string, string>;
beforeAll(async () => {
  stacks = synthesiseClusters(await ourClusters());
});

test("each cluster has two stacks, and the account has one", async () => {
  const clusters = (await ourClusters()).map(({ file }) => file);
  expect(clusters).toEqual(expect.arrayContaining(["local", "production", "staging"]));
  expect([...stacks.keys()].sort()).toEqual(
    ["account", ...clusters.flatMap((name) => [name, `${name}-config`])].sort(),
  );
});

test("every address is in the reviewed list", () => {
  expect(addressFaults(stacks, reviewedAddresses())).toEqual([]);
});

test("the user data of every launch template is as reviewed, to the byte: a change replaces instances", () => {
  expect(userDataText(stacks), "review the difference: make addresses").toBe(reviewedUserData());
});

test.each(Object.keys(contract))("%s", (rule) => {
  expect(contract[rule]?.(stacks)).toEqual([]);
});

test("the order of the services in a cluster file changes no resource", async () => {
  const reversed = (await ourClusters()).map(({ file, cluster }) => {
    const services = Object.fromEntries(Object.entries(cluster.services).reverse());
    return { file, cluster: { ...cluster, services } };
  });
  const resources = (text = "") => JSON.parse(text).resource;
  const again = synthesiseClusters(reversed);
  for (const [stack, text] of stacks) {
    expect(resources(again.get(stack)), stack).toEqual(resources(text));
  }
});

test("providers are imported by resource, never as a whole", () => {
  const root = join(import.meta.dirname, "../..");
  const files = ["modules", "clusters", "ci", "local"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  expect(files.length).toBeGreaterThan(100);
  const whole = files.filter((file) =>
    /from "@cdktf\/provider-[a-z]+"/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(whole).toEqual([]);
});
