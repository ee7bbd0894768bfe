/** `make locks`: writes `.terraform.lock.hcl`, the checksums of the providers of every stack. */
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { ourClusters, synthesiseClusters } from "../stacks/synthesise-clusters.ts";
import { makeLock } from "./make-lock.ts";

/** The platforms of the workflows and of people's machines. */
const platforms = ["linux_amd64", "linux_arm64", "darwin_arm64"];

try {
  if (process.env.SHOESTRING_SIMULATED) {
    throw new Problem({
      happened: "this shell is simulated: a lock made here would be of simulated providers",
      unchanged: "no lock was written",
      next: "run make locks in another shell",
    });
  }
  const stacks = synthesiseClusters(await ourClusters()).values();
  const checkout = join(import.meta.dirname, "../..");
  console.log(`downloading the providers for ${platforms.join(", ")}: minutes`);
  const program = await ensureTerraform(console.log);
  await makeLock({ program, stacks, checkout, platforms });
  console.log("review the difference, and commit it: git diff .terraform.lock.hcl");
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`failed: ${error.happened}\nunchanged: ${error.unchanged}\nnext: ${error.next}`);
  process.exitCode = 1;
}
