import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ensureConsul } from "../../tools/consul.ts";
import { ensureNode } from "../../tools/node.ts";
import { ensureAnsible } from "../../tools/python.ts";
import { mountOverlay, unmountBelow } from "../host/mounts.ts";
import { ensureBase, imagePython } from "./image.ts";
import { type Play, play } from "./play.ts";
import { runInRoot } from "./root.ts";

const log = (line: string) => console.log(line);
// A run takes half a minute, and several on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

/** Runs a playbook over the image, in a layer that ends with the test; returns its root and lines. */
async function playedOver(differs: Pick<Play, "args" | "playbook">) {
  const consul = await ensureConsul(log);
  const base = await ensureBase({ consul: Promise.resolve(consul), log });
  const folder = mkdtempSync(join(tmpdir(), "shoestring-playbook-"));
  onTestFinished(async () => {
    await unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ["upper", "work", "root"]) mkdirSync(join(folder, name));
  await mountOverlay(folder, [base]);
  const root = join(folder, "root");
  const lines: string[] = [];
  await play(root, {
    ansible: await ensureAnsible(imagePython, log),
    programs: { node: await ensureNode(log), consul },
    log,
    onLine: (line) => lines.push(line),
    ...differs,
  });
  return { root, lines };
}

test("a second run of the playbook changes nothing", async () => {
  const { lines } = await playedOver({ args: ["--skip-tags", "agent"] });
  expect(lines.filter((line) => line.startsWith("changed:"))).toEqual([]);
  expect(lines.join("\n")).toMatch(/changed=0 .*failed=0/);
});

test("the playbook of a Consul server differs in its checks alone, and its image passes them", async () => {
  const { root, lines } = await playedOver({ args: [], playbook: "consul.yml" });
  expect(lines.filter((line) => line.startsWith("changed:"))).toEqual([
    "changed: [localhost] => (item=image.yaml)",
    "changed: [localhost] => (item=booted.yaml)",
  ]);
  const checks = "/usr/local/share/shoestring/checks/image.yaml";
  const command = ["goss", "--gossfile", checks, "validate", "--no-color"];
  await runInRoot(root, { command, binds: {} }, { onLine: log, next: "read what Goss says above" });
});
