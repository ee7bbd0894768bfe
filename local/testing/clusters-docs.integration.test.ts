import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checkout } from "../host/region.ts";
import { makeReaders } from "./reader.ts";

/** AWS is simulated here: no account is needed, and none is touched. */
const aReader = makeReaders();

test.concurrent("the README's plan, apply and destroy work as written", {
  timeout: 600_000,
}, async () => {
  const section = "Plan, apply, destroy";
  const [printed] = await aReader({ cdktf: true, clusters: ["local"] }).follows(
    "README.md",
    section,
  );
  // Only cdktf itself prints this line; terraform alone does not.
  expect(printed?.match(/^local +Initializing the backend/gm)).toHaveLength(4);
});

test.concurrent("a new service can be made with docs/new-service.md", {
  timeout: 300_000,
}, async () => {
  await aReader({ clusters: ["staging"] }).follows("docs/new-service.md");
});

test("a shell that cannot become simulated stops before it reaches the real AWS", async () => {
  const commands = 'set -e; eval "$(node bin/shoestring.mjs local terraform)"; echo went on';
  const env = { ...process.env, SHOESTRING_CACHE: "/dev/null" };
  const went = promisify(execFile)("bash", ["-c", commands], { cwd: checkout, env });
  await expect(went).rejects.toMatchObject({ code: 1, stdout: "" });
});
