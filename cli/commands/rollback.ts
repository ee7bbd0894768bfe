import { Problem } from "../../lib/problem.ts";
import { holdOperations, isWayBack, parseDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command, Context } from "../core/context.ts";
import { answerDeploy } from "../deploys/answer-deploy.ts";
import { requireDeploy, writeDeploy } from "../deploys/write-deploy.ts";
import { findRelease } from "./deploy.ts";

/** Rolls back to the last known good release, and holds the service until the hold is lifted. */
export const rollback: Command = {
  usage: "rollback S [--to RELEASE-ID] [--reason R] [--wait [serving] [--timeout SECONDS]]",
  about: "go back to the last good release and hold the service there",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const reason = options.reason ?? "rolled back by hand";
    let seen: Deploy | undefined;
    const written = await writeDeploy(context, service, async (current) => {
      const deploy = await requireDeploy(context, service, current);
      // Another rollback came first: rolling back once more would go one release too far.
      if (seen && deploy.kind === "rollback") throw concurrentRollback(deploy);
      seen = deploy;
      const running = deploy.release;
      const release = options.to
        ? await findRelease(context, service, options.to)
        : await goodBefore(context, deploy);
      if (release.id === running.id) throw alreadyThere(service, release.id);
      return {
        desired: { service, kind: "rollback", release, reason, leaves: running.id },
        also: await holdOperations(context.consul, service, {
          by: context.by,
          reason,
          at: context.now().toISOString(),
        }),
      };
    });
    return answerDeploy(context, options, written);
  },
};

/** Finds the last good release other than the current one and one that was just rolled back. */
async function goodBefore({ consul }: Context, deploy: Deploy) {
  const { service } = deploy;
  for (const key of [keys.good(service), keys.previousGood(service)]) {
    const { found } = await consul.get(key);
    const release = found && parseDeploy(service, found).release;
    if (release && isWayBack(deploy, release)) return release;
  }
  throw new Problem({
    happened: `no release of ${service} is known to be good but ${deploy.release.id}`,
    unchanged: "nothing was deployed",
    next: `name one: shoestring rollback ${service} --to RELEASE-ID; see: shoestring history ${service}`,
  });
}

const concurrentRollback = ({ service, revision, release, by }: Deploy) =>
  new Problem({
    happened: `${by} rolled ${service} back to ${release.id} in the same moment (revision ${revision})`,
    unchanged: "that one stands",
    next: `look at it first: shoestring status ${service}`,
  });

const alreadyThere = (service: string, id: string) =>
  new Problem({
    happened: `${id} is what ${service} is to run already`,
    unchanged: "nothing was deployed and no hold was set",
    next: `to roll it again: shoestring restart ${service}`,
  });
