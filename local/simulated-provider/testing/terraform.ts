import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";

export interface Run {
  readonly code: number;
  /** Both outputs, without colours. */
  readonly output: string;
}

/** One folder with one configuration and its state, for real terraform with simulated providers. */
export class Terraform {
  readonly #folder = mkdtempSync(join(tmpdir(), "simulated-"));

  private readonly env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>>) {
    this.env = env;
  }

  /** Writes a synthesised stack; resources keep their addresses from one to the next. */
  configure(fill: (stack: TerraformStack) => void, override?: (json: Json) => void): void {
    const outdir = join(this.#folder, "synthesised");
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "test");
    new LocalBackend(stack, { path: join(this.#folder, "state.json") });
    fill(stack);
    app.synth();
    const json = JSON.parse(readFileSync(join(outdir, "stacks", "test", "cdk.tf.json"), "utf8"));
    override?.(json);
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, "main.tf.json"), JSON.stringify(json, null, 2));
  }

  /** Runs terraform; the caller checks whether it succeeded. */
  run(...args: string[]): Promise<Run> {
    return new Promise((resolve) => {
      const env = { ...process.env, ...this.env, TF_IN_AUTOMATION: "1" };
      const options = { cwd: this.#folder, env, maxBuffer: 64 * 1024 * 1024 };
      execFile("terraform", [...args, "-no-color"], options, (error, stdout, stderr) => {
        const code = error ? Number(error.code ?? 1) : 0;
        resolve({ code, output: stdout + stderr });
      });
    });
  }

  /** Runs terraform; throws its output if it failed. */
  async must(...args: string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
  }

  /** The values of a resource, as the state file has them. */
  values(address: string): Json {
    const state = JSON.parse(readFileSync(join(this.#folder, "state.json"), "utf8")) as Json;
    const found = (state.resources as Json[]).find(
      ({ mode, type, name }) => mode === "managed" && `${type}.${name}` === address,
    );
    if (!found) throw new Error(`${address} is not in the state`);
    return found.instances[0].attributes;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of terraform, of which a test states what matters
export type Json = Record<string, any>;
