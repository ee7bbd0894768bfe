import { speaksHttp } from "../../protocol/process-settings.ts";
import type { Context } from "./context.ts";

/**
 * Lets nginx look first for static files in the release with which process n answers requests: at
 * the commitment, so that a release that never serves is found after the one that does.
 */
export async function offerStatic(
  { service, store }: Pick<Context, "service" | "store">,
  n: number,
  releaseId: string,
): Promise<void> {
  if (speaksHttp(service, n)) await store.offerFirst(releaseId);
}
