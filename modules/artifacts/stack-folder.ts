import { join, relative } from "node:path";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/**
 * A project file's path from the synthesised stack's folder, in which Terraform runs. It is
 * relative, so that a plan is the same on every machine.
 */
export function fromStackFolder(scope: Construct, path: string): string {
  const folder = join(App.of(scope).outdir, "stacks", TerraformStack.of(scope).node.id);
  return relative(folder, path);
}
