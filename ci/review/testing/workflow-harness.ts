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

export const commit = { head: "a".repeat(40), merge: "b".repeat(40) };
export const pull = 7;

export async function workflowHarness(): Promise<WorkflowHarness> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-review-"));
  mkdirSync(join(folder, "head", "state"), { recursive: true });
  const behind = join(folder, "head", "behind.json");
  writeFileSync(behind, "{}");
  const [{ program, env }, gitHub] = await Promise.all([
    simulatedTerraform(),
    startGitHubDouble(),
    packageFunction("announce"),
  ]);
  const terraform = terraformBy(program, { ...env, SHOESTRING_CHANGED_BEHIND: behind });
  return new WorkflowHarness(folder, behind, gitHub, terraform);
}

/** Does what GitHub does: it has the checkout, runs the steps and carries the artifacts. */
export class WorkflowHarness {
  readonly gitHub: GitHubDouble;
  readonly repository: ReturnType<GitHubDouble["repository"]>;
  readonly terraform: Terraform;
  /** The output of the last step. */
  readonly printed: string[] = [];
  readonly #folder: string;
  readonly #behind: string;
  #runs = 100;

  constructor(folder: string, behind: string, gitHub: GitHubDouble, terraform: Terraform) {
    this.#folder = folder;
    this.#behind = behind;
    this.gitHub = gitHub;
    this.repository = gitHub.repository("acme/infra");
    this.terraform = terraform;
  }

  /** The folder of the head's stack. */
  stackFolder(stack: string): string {
    return this.#head("cdktf.out", "stacks", stack);
  }

  /** Makes the current head the base, and synthesises this cluster as the head. */
  synthesise(cluster: Cluster): void {
    const base = join(this.#folder, "base");
    const outdir = this.#head("cdktf.out");
    rmSync(base, { recursive: true, force: true });
    mkdirSync(base);
    if (existsSync(outdir)) renameSync(outdir, join(base, "cdktf.out"));
    const app = new App({ outdir });
    const clusters = [{ file: cluster.name, cluster }];
    addStacks(app, { account, clusters, state: { kind: "local", folder: this.#head("state") } });
    app.synth();
  }

  /** Runs a step. @returns whether it went well, and its outputs. */
  async step(
    command: string,
    stack = "",
    env: Record<string, string> = {},
  ): Promise<{ isGood: boolean; outputs: Record<string, string> }> {
    rmSync(this.#head("out", "review"), { recursive: true, force: true });
    this.printed.length = 0;
    const outputs = this.#head("outputs");
    writeFileSync(outputs, "");
    this.#runs += 1;
    const isGood = await commands[command]?.(
      {
        folder: this.#head(),
        print: (line) => void this.printed.push(line),
        terraform: async () => this.terraform,
        env: { ...this.#environment(outputs), ...env },
      },
      stack,
    );
    return { isGood: isGood ?? false, outputs: parseOutputs(readFileSync(outputs, "utf8")) };
  }

  /** Does what `actions/upload-artifact` and `download-artifact` do with the last step's files. */
  carry(artifact: string): void {
    this.forget(artifact);
    cpSync(this.#head("out", "review"), this.#head("out", "artifacts", artifact), {
      recursive: true,
    });
  }

  /** Removes an artifact. */
  forget(artifact: string): void {
    rmSync(this.#head("out", "artifacts", artifact), { recursive: true, force: true });
  }

  /** Changes attributes outside of Terraform, by type and id. */
  changeBehind(changes: object): void {
    writeFileSync(this.#behind, JSON.stringify(changes));
  }

  async stop(): Promise<void> {
    await this.gitHub.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** A path in the head's checkout; the base's is beside it. */
  #head(...path: string[]): string {
    return join(this.#folder, "head", ...path);
  }

  /** The variables that GitHub gives to a step. */
  #environment(outputs: string): Record<string, string> {
    return {
      BASE: "../base",
      CONSUL_RUNNERS: "dev",
      GITHUB_API_URL: this.gitHub.url,
      GITHUB_EVENT_NAME: "push",
      GITHUB_OUTPUT: outputs,
      GITHUB_REPOSITORY: "acme/infra",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_RUN_ID: String(this.#runs),
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_SHA: commit.merge,
      GITHUB_STEP_SUMMARY: this.#head("summary.md"),
      GITHUB_TOKEN: this.gitHub.token,
      PULL_REQUEST: String(pull),
    };
  }
}

/** Lines of `name=value`. */
function parseOutputs(text: string): Record<string, string> {
  const lines = text.split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
