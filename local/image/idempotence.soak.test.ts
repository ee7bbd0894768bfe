import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureConsul } from "../../tools/consul.ts";
import { ensureNode } from "../../tools/node.ts";
import { ensureAnsible } from "../../tools/python.ts";
import { mountOverlay, unmountBelow } from "../host/mounts.ts";
import { ensureBase, imagePython } from "./image.ts";
import { play } from "./play.ts";

const log = (line: string) => console.log(line);

test("a second run of the playbook changes nothing", async () => {
  const consul = await ensureConsul(log);
  const base = await ensureBase({ consul: Promise.resolve(consul), log });
  const folder = mkdtempSync(join(tmpdir(), "shoestring-second-run-"));
  for (const name of ["upper", "work", "root"]) mkdirSync(join(folder, name));
  try {
    await mountOverlay(folder, [base]);
    const lines: string[] = [];
    await play(join(folder, "root"), {
      ansible: await ensureAnsible(imagePython, log),
      args: ["--skip-tags", "agent"],
      programs: { node: await ensureNode(log), consul },
      log,
      onLine: (line) => lines.push(line),
    });
    expect(lines.filter((line) => line.startsWith("changed:"))).toEqual([]);
    expect(lines.join("\n")).toMatch(/changed=0 .*failed=0/);
  } finally {
    await unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});
