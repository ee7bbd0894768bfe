import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkout } from "../host/region.ts";
import { makeReaders } from "./reader.ts";

/** AWS is simulated here: no account is needed, and none is touched. */
const aReader = makeReaders();

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

test.concurrent("the first day goes as docs/day-one.md says", {
  timeout: 900_000,
}, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/day-one.md");
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
