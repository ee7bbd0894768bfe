import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { inChild } from "./child.ts";

/** A program that runs this body with its `input`, in a `folder` of its own. */
async function aProgram(body: string) {
  const folder = await mkdtemp(join(tmpdir(), "child-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "aws.mjs");
  await writeFile(
    program,
    `import { writeFileSync } from "node:fs";
const folder = ${JSON.stringify(folder)};
let input = "";
for await (const part of process.stdin) input += part;
${body}`,
  );
  return { program, folder };
}

const hang = `writeFileSync(folder + "/pid", String(process.pid)); setInterval(() => {}, 1000);`;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const pidOf = async (folder: string) =>
  Number(await vi.waitFor(() => readFile(join(folder, "pid"), "utf8"), { timeout: 20_000 }));

test("work in a child gets its input and answers with its result", async () => {
  const { program } = await aProgram(
    `process.stdout.write(JSON.stringify({ result: JSON.parse(input).n + 1 }));`,
  );
  expect(await inChild("add", { n: 1 }, { longestMs: 60_000, program })).toBe(2);
});

test("work that ends without an answer fails with its exit status", async () => {
  const { program } = await aProgram("process.exit(3);");
  await expect(inChild("fetch", {}, { longestMs: 60_000, program })).rejects.toThrow(
    '"aws.js fetch" ended with 3 and no answer',
  );
});

test("work that hangs is killed when its time is over", async () => {
  const { program, folder } = await aProgram(hang);
  await expect(inChild("fetch", {}, { longestMs: 3000, program })).rejects.toThrow(
    '"aws.js fetch" ended with no answer within 3 s',
  );
  expect(isAlive(await pidOf(folder))).toBe(false);
});

test("work that is aborted has ended before it rejects", async () => {
  const { program, folder } = await aProgram(hang);
  const stop = new AbortController();
  const work = inChild("fetch", {}, { longestMs: 60_000, stop: stop.signal, program });
  const pid = await pidOf(folder);
  expect(isAlive(pid)).toBe(true);
  stop.abort();
  await expect(work).rejects.toThrow("nobody wanted it any more");
  expect(isAlive(pid)).toBe(false);
});
