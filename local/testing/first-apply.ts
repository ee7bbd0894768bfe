import { createHash } from "node:crypto";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { namesIn } from "../host/files.ts";
import type { Region } from "../host/region.ts";
import { readState } from "../region/state.ts";

/** Terraform's state, and what the region reads from it. */
const parts = ["state", "blueprint.json"];

const mostKept = 20;

/**
 * Brings a region that is down up without what Terraform applied before, which `down` keeps: a group
 * would begin with the size that it had last, since nobody but its autoscaling changes that. What a
 * first `up` of the same cluster applied is used again, because Terraform takes half of the time.
 */
export async function upForTheFirstTime<T>(
  region: Region,
  cluster: Cluster,
  up: () => Promise<T>,
): Promise<T> {
  if (readState(region)) return up();
  const folder = region.path("terraform");
  const id = createHash("sha256").update(JSON.stringify(cluster)).digest("hex").slice(0, 12);
  const firsts = join(folder, "first");
  const first = join(firsts, id);
  for (const part of parts) {
    rmSync(join(folder, part), { recursive: true, force: true });
    if (existsSync(join(first, part))) copy(join(first, part), join(folder, part));
  }
  const made = await up();
  // Some clusters name a port of this run.
  if (namesIn(firsts).length > mostKept) rmSync(firsts, { recursive: true });
  for (const part of parts) copy(join(folder, part), join(first, part));
  return made;
}

const copy = (from: string, to: string) => cpSync(from, to, { recursive: true });
