import { compareAndSwap, conflict } from "../../lib/compare-and-swap.ts";
import type { Operation } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import {
  type CurrentDeploy,
  type DesiredDeploy,
  deployOperations,
  nextDeploy,
  readDeploy,
} from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import type { Context } from "../core/context.ts";
import { refuseUnknown } from "./known-service.ts";

const attempts = 3;

/** A command's decision from the current deploy: the desired one, and further operations. */
export interface Decided {
  readonly desired: Omit<DesiredDeploy, "by">;
  readonly also?: readonly Operation[];
}

/**
 * Writes a deploy by compare-and-swap; when another writer is faster, decides again.
 *
 * @throws Problem when that happens too often, or what `decide` throws.
 */
export async function writeDeploy(
  { consul, now, newId, by }: Context,
  service: string,
  decide: (current: CurrentDeploy) => Decided | Promise<Decided>,
): Promise<Deploy> {
  const written = await compareAndSwap(attempts, async () => {
    const current = await readDeploy(consul, service);
    const { desired, also = [] } = await decide(current);
    const deploy = nextDeploy(current.deploy, { ...desired, by }, now());
    const operations = [...deployOperations(current, deploy, newId()), ...also];
    return (await consul.write(operations)) ? deploy : conflict;
  });
  if (written !== conflict) return written;
  throw new Problem({
    happened: `the deploy of ${service} was not written: other writers were faster`,
    unchanged: "their deploys stand",
    next: `look at them and try again: shoestring history ${service}`,
  });
}

/** The current deploy. @throws Problem where there is none. */
export async function requireDeploy(
  context: Context,
  service: string,
  { deploy }: CurrentDeploy,
): Promise<Deploy> {
  if (deploy) return deploy;
  await refuseUnknown(context, service);
  throw new Problem({
    happened: `${service} was never deployed to this cluster`,
    unchanged: "nothing was written",
    next: `push a release: shoestring release push DIR --service ${service}`,
  });
}
