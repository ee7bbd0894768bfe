import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

test("when memory runs out, the kernel kills a child of the agent before any process that serves", async () => {
  // It waits for its input, as each child does.
  const program = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", program, "resolve"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const score = () => readFile(`/proc/${child.pid}/oom_score_adj`, "utf8");
  await vi.waitFor(async () => expect((await score()).trim()).toBe("500"), { timeout: 30_000 });
});
