import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { production } from "../../clusters/production.ts";
import { findClusters } from "../../synth/find-clusters.ts";
import { createCluster } from "./create-cluster.ts";
import { nextCidr } from "./next-cidr.ts";

/** A copy of this checkout's cluster files. */
function clustersFolder() {
  const root = mkdtempSync(join(tmpdir(), "shoestring-clusters-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, "clusters");
  cpSync(join(import.meta.dirname, "../../clusters"), folder, { recursive: true });
  const text = (name: string) => readFileSync(join(folder, `${name}.ts`), "utf8");
  return { folder, text, files: () => readdirSync(folder).sort() };
}

test("a copy has a name and the next free network of its own, and nothing else differs", async () => {
  const { folder, text } = clustersFolder();
  const lines = await createCluster({ folder, name: "qa", from: "staging" });
  const [before, after] = [text("staging").split("\n"), text("qa").split("\n")];
  expect(after.filter((line, i) => line !== before[i])).toEqual([
    expect.stringMatching(/^const name = "qa";/),
    "export const qa = {",
    expect.stringMatching(/^ {2}cidr: "10\.43\.0\.0\/16",/),
  ]);
  expect(lines[0]).toBe("clusters/qa.ts: staging's, with the network 10.43.0.0/16");
  expect(lines.filter((it) => it.includes("cdktf apply")).map((it) => it.split(/\s+/)[4])).toEqual([
    "account",
    "qa",
    "qa-config",
  ]);
});

test("a second call changes nothing, and says the same steps", async () => {
  const { folder, text, files } = clustersFolder();
  const first = await createCluster({ folder, name: "qa", from: "staging" });
  const [left, copy] = [files(), text("qa")];
  const second = await createCluster({ folder, name: "qa", from: "production" });
  expect([files(), text("qa")]).toEqual([left, copy]);
  expect(second).toEqual(["clusters/qa.ts is there already", ...first.slice(1)]);
});

test("a name of several words gets a constant that TypeScript takes", async () => {
  const { folder } = clustersFolder();
  await createCluster({ folder, name: "qa-eu-2", from: "dev" });
  const copy = (await findClusters(folder)).find(({ file }) => file === "qa-eu-2");
  expect(copy?.cluster).toMatchObject({ name: "qa-eu-2", cidr: "10.44.16.0/20" });
});

test.each([
  ["Qa", "staging", '"Qa" is no cluster\'s name'],
  ["qa", "nothing", "there is no clusters/nothing.ts to copy"],
  ["account-config", "staging", 'name is "account-config"; good: a name that no'],
  ["qa", "production", "both answer for the host api.example.org"],
])("%s from %s is refused, and no file is written", async (name, from, why) => {
  const { folder, files } = clustersFolder();
  const before = files();
  await expect(createCluster({ folder, name, from })).rejects.toThrow(why);
  expect(files()).toEqual(before);
});

test("a network is the next free one of its size, and goes round at the end", () => {
  expect(nextCidr(production.cidr, ["10.40.0.0/16", "10.41.16.0/20"])).toBe("10.42.0.0/16");
  expect(nextCidr("10.255.0.0/16", ["10.0.0.0/16", "10.255.0.0/16"])).toBe("10.1.0.0/16");
  expect(nextCidr("172.16.0.0/16", ["172.16.0.0/16"])).toBe("10.0.0.0/16");
  expect(nextCidr("10.42.0.0/16", ["10.0.0.0/8"])).toBeUndefined();
});
