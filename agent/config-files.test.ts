import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readServiceFiles } from "./config-files.ts";
import { aService } from "./testing/builders.ts";

test("a damaged service file is logged, and the other services are read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "services-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "web.json"), JSON.stringify(aService()));
  await writeFile(join(folder, "api.json"), '{"schema":2,"service":"api"');
  const logged: unknown[] = [];

  const { made, failed } = await readServiceFiles(
    (event, fields) => logged.push(event, fields),
    folder,
  );

  expect(made.map(({ service }) => service)).toEqual(["web"]);
  expect(failed).toEqual(["api"]);
  expect(logged).toEqual([
    "service.unusable",
    { service: "api", error: expect.stringContaining("api.json cannot be used: it is not JSON") },
  ]);
});
