import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { account } from "../../../clusters/account.ts";
import { packageFunction } from "../../../functions/package.ts";
import { simulatedTerraform } from "../../../local/terraform/simulated.ts";
import { addStacks, type Cluster } from "../../../modules/cluster/index.ts";
import { type Terraform, terraformBy } from "../../../terraform/terraform.ts";
import { type GitHubDouble, startGitHubDouble } from "../../testing/github-double.ts";
import { commands } from "../commands/commands.ts";

/** Does what GitHub does: it has the checkout, runs the steps and carries the artifacts. */
export interface WorkflowHarness {
  readonly gitHub: GitHubDouble;
  readonly repository: ReturnType<GitHubDouble["repository"]>;
  readonly terraform: Terraform;
  /** The folder of the head's stack. */
  stackFolder(stack: string): string;
  /** The output of the last step. */
  readonly printed: string[];
  /** Makes the current head the base, and synthesises this cluster as the head. */
  synthesise(cluster: Cluster): void;
  /** Runs a step. @returns whether it went well, and its outputs. */
  step(
    command: string,
    stack?: string,
    env?: Record<string, string>,
  ): Promise<{ isGood: boolean; outputs: Record<string, string> }>;
  /** Does what `actions/upload-artifact` and `download-artifact` do with the last step's files. */
  carry(artifact: string): void;
  /** Removes an artifact. */
  forget(artifact: string): void;
  /** Changes attributes outside of Terraform, by type and id. */
  changeBehind(changes: object): void;
  stop(): Promise<void>;
}

export const commit = { head: "a".repeat(40), merge: "b".repeat(40) };
export const pull = 7;

export async function workflowHarness(): Promise<WorkflowHarness> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-review-"));
  // The head's checkout; the base's is beside it.
  const at = (...path: string[]) => join(folder, "head", ...path);
  const base = join(folder, "base");
  mkdirSync(at("state"), { recursive: true });
  const behind = at("behind.json");
  writeFileSync(behind, "{}");
  const [{ program, env: simulated }, gitHub] = await Promise.all([
    simulatedTerraform(),
    startGitHubDouble(),
    packageFunction("announce"),
  ]);
  const terraform = terraformBy(program, { ...simulated, SHOESTRING_CHANGED_BEHIND: behind });
  const printed: string[] = [];
  let runs = 100;

  return {
    gitHub,
    repository: gitHub.repository("acme/infra"),
    terraform,
    stackFolder: (stack) => at("cdktf.out", "stacks", stack),
    printed,
    synthesise(cluster) {
      rmSync(base, { recursive: true, force: true });
      mkdirSync(base);
      if (existsSync(at("cdktf.out"))) renameSync(at("cdktf.out"), join(base, "cdktf.out"));
      const app = new App({ outdir: at("cdktf.out") });
      const clusters = [{ file: cluster.name, cluster }];
      addStacks(app, { account, clusters, state: { kind: "local", folder: at("state") } });
      app.synth();
    },
    async step(command, stack = "", env = {}) {
      rmSync(at("out", "review"), { recursive: true, force: true });
      printed.length = 0;
      const outputs = at("outputs");
      writeFileSync(outputs, "");
      runs += 1;
      const isGood = await commands[command]?.(
        {
          folder: at(),
          print: (line) => void printed.push(line),
          terraform: async () => terraform,
          env: {
            BASE: "../base",
            CONSUL_RUNNERS: "dev",
            GITHUB_API_URL: gitHub.url,
            GITHUB_EVENT_NAME: "push",
            GITHUB_OUTPUT: outputs,
            GITHUB_REPOSITORY: "acme/infra",
            GITHUB_RUN_ATTEMPT: "1",
            GITHUB_RUN_ID: String(runs),
            GITHUB_SERVER_URL: "https://github.com",
            GITHUB_SHA: commit.merge,
            GITHUB_STEP_SUMMARY: at("summary.md"),
            GITHUB_TOKEN: gitHub.token,
            PULL_REQUEST: String(pull),
            ...env,
          },
        },
        stack,
      );
      const lines = readFileSync(outputs, "utf8").split("\n").filter(Boolean);
      return {
        isGood: isGood ?? false,
        outputs: Object.fromEntries(
          lines.map((line) => [
            line.slice(0, line.indexOf("=")),
            line.slice(line.indexOf("=") + 1),
          ]),
        ),
      };
    },
    carry(artifact) {
      rmSync(at("out", "artifacts", artifact), { recursive: true, force: true });
      cpSync(at("out", "review"), at("out", "artifacts", artifact), { recursive: true });
    },
    forget: (artifact) =>
      rmSync(at("out", "artifacts", artifact), { recursive: true, force: true }),
    changeBehind: (changes) => writeFileSync(behind, JSON.stringify(changes)),
    async stop() {
      await gitHub.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
