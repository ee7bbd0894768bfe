import { join, relative } from "node:path";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/**
 * A file of the project as Terraform finds it: Terraform runs in the folder of the synthesised
 * stack. The path is relative, so that a plan is the same on every machine.
 */
export function fromStackFolder(scope: Construct, path: string): string {
  const folder = join(App.of(scope).outdir, "stacks", TerraformStack.of(scope).node.id);
  return relative(folder, path);
}
