import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkout } from "../host/region.ts";
import { type Reader, reader } from "./reader.ts";

/** AWS is simulated here: no account is needed, and none is touched. */
const readers: Reader[] = [];
afterAll(() => {
  for (const one of readers) one.leaves();
});
const aReader = (with_ = {}) => {
  const one = reader(with_);
  readers.push(one);
  return one;
};

test.concurrent("the commands of docs/terraform.md work as written", {
  timeout: 300_000,
}, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/terraform.md");
});

test.concurrent("a new cluster can be made with docs/new-cluster.md", {
  timeout: 300_000,
}, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/new-cluster.md");
});

test.concurrent("a service can be adopted with docs/adopt-a-service.md", {
  timeout: 300_000,
}, async () => {
  const one = aReader({ clusters: [] });
  await one.follows("docs/adopt-a-service.md");
  // The last step leaves the checkout as it was.
  const [mine, ours] = [one.checkout, checkout].map((at) =>
    readFileSync(join(at, "synth/main.ts"), "utf8"),
  );
  expect(mine).toBe(ours);
});
