import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { checkout } from "../host/region.ts";
import { type Reader, reader } from "./reader.ts";

/** Everything here is simulated: no AWS account is needed, and none is touched. */
const readers: Reader[] = [];
afterAll(() => {
  for (const one of readers) one.leaves();
});
const aReader = (with_ = {}) => {
  const one = reader(with_);
  readers.push(one);
  return one;
};

test.concurrent("plan, apply and destroy, as README.md says", { timeout: 600_000 }, async () => {
  const section = "Plan, apply, destroy";
  const [printed] = await aReader({ cdktf: true, clusters: ["local"] }).follows(
    "README.md",
    section,
  );
  // What cdktf itself printed, each time; terraform alone has no such line.
  expect(printed?.match(/^local +Initializing the backend/gm)).toHaveLength(4);
});

test.concurrent("what is synthesised and planned, as docs/terraform.md says", {
  timeout: 300_000,
}, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/terraform.md");
});

test.concurrent("a new cluster, as docs/new-cluster.md says", { timeout: 300_000 }, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/new-cluster.md");
});

test.concurrent("a new service, as docs/new-service.md says", { timeout: 300_000 }, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/new-service.md");
});

test.concurrent("adopting a service, as docs/adopt-a-service.md says", {
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

test("a shell that cannot become simulated stops, and does not go on for real", async () => {
  const commands = 'set -e; eval "$(node bin/shoestring.mjs local terraform)"; echo went on';
  const env = { ...process.env, SHOESTRING_CACHE: "/dev/null" };
  const went = promisify(execFile)("bash", ["-c", commands], { cwd: checkout, env });
  await expect(went).rejects.toMatchObject({ code: 1, stdout: "" });
});
