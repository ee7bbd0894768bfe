import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ensureNode } from "../../tools/node.ts";

const checkout = join(import.meta.dirname, "../..");

test("the workflow's second job takes the runner that the first one finds without any package", async () => {
  const text = readFileSync(join(checkout, ".github/workflows/deploy-service.yml"), "utf8");
  const { jobs } = parse(text) as { jobs: Record<string, Job> };
  expect(jobs.deploy).toMatchObject({
    needs: "runner",
    "runs-on": "${{ needs.runner.outputs.runner }}",
  });
  expect(jobs.runner?.outputs).toEqual({ runner: "${{ steps.runner.outputs.runner }}" });
  const { run = "", env } = jobs.runner?.steps?.find(({ id }) => id === "runner") ?? {};
  expect(env).toEqual({ SERVICE: "${{ inputs.service }}" });
  const workspace = mkdtempSync(join(tmpdir(), "shoestring-runner-"));
  onTestFinished(() => rmSync(workspace, { recursive: true }));
  for (const folder of ["clusters", "ci/deploy-service"]) {
    cpSync(join(checkout, folder), join(workspace, "infrastructure", folder), { recursive: true });
  }
  const node = dirname(await ensureNode(console.log));
  const found = (ref: string) =>
    spawnSync("bash", ["-euo", "pipefail", "-c", run], {
      cwd: workspace,
      env: { PATH: `${node}:${process.env.PATH}`, SERVICE: "web", GITHUB_REF: ref },
      encoding: "utf8",
    }).stdout;
  expect(found("refs/heads/deploy/staging")).toBe("runner=ubuntu-24.04-arm\n");
  expect(found("refs/heads/deploy/../account")).toBe("runner=ubuntu-24.04\n");
});

interface Job {
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly {
    readonly id?: string;
    readonly run?: string;
    readonly env?: Readonly<Record<string, string>>;
  }[];
}
