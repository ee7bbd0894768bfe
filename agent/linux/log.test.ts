import { expect, test } from "vitest";
import { jsonLogTo } from "./log.ts";

/** What one event writes to each stream. */
function written(...event: Parameters<ReturnType<typeof jsonLogTo>>) {
  const lines: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };
  jsonLogTo({
    stdout: { write: (text) => lines.stdout.push(text) },
    stderr: { write: (text) => lines.stderr.push(text) },
  })(...event);
  return lines;
}

test("an event is one line of JSON with its time and fields on stdout", () => {
  const { stdout, stderr } = written("agent.started", { instance: "web-1" });
  expect(stderr).toEqual([]);
  expect(stdout).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
  expect(JSON.parse(stdout[0] as string)).toMatchObject({
    time: expect.stringMatching(/Z$/),
    event: "agent.started",
    instance: "web-1",
  });
});

test.each([
  ["lifecycle.wait", { error: "refused" }],
  ["agent.failed", { happened: "no disk" }],
  ["launch.abandoned", { missing: ["web"] }],
])("%s goes to stderr, and so to the machine's console", (event, fields) => {
  const { stdout, stderr } = written(event, fields);
  expect([stdout.length, stderr.length]).toEqual([0, 1]);
});
