import type { Release } from "../../protocol/documents.ts";
import type { Exec } from "../linux/exec.ts";
import { transferBoundMs } from "./bounds.ts";

/** Makes a release's tree survive a power cut. */
export async function syncTree(
  exec: Exec,
  release: Pick<Release, "size">,
  folder: string,
): Promise<void> {
  await exec("sync", ["-f", folder], { timeoutMs: transferBoundMs(release) });
}
