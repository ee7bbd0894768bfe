import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../protocol/problem.ts";
import type { Clock, Log } from "./effects.ts";
import { writeFileSafely } from "./linux/files.ts";
import { stateFolder } from "./linux/folders.ts";

const cached = join(stateFolder, "consul-token");
const retryMs = 2000;

/**
 * The agent's Consul token: read by its reference once, then kept (0600), so that a reboot needs
 * nobody. Waits for as long as it must on an instance's very first start.
 */
export async function consulToken(
  reference: string,
  readSecret: (reference: string) => Promise<string>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<string> {
  const kept = await readFile(cached, "utf8").catch(() => undefined);
  if (kept) return kept.trim();
  for (;;) {
    try {
      const token = await readSecret(reference);
      await writeFileSafely(cached, token, 0o600);
      return token;
    } catch (error) {
      log("token.wait", { reference, error: describe(error) });
      await clock.sleep(retryMs);
    }
  }
}
