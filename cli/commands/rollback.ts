import type { Consul, Entry, Operation } from "../../protocol/consul.ts";
import { holdOperations, parseDeploy } from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import { orElse } from "../../protocol/unusable.ts";
import { answerDeploy } from "../answer.ts";
import type { Command, Context } from "../context.ts";
import { standing, writeDeploy } from "../write-deploy.ts";
import { findRelease } from "./deploy.ts";

/** Goes back to what was good, and holds the service there until somebody lifts the hold. */
export const rollback: Command = {
  usage: "rollback S [--to RELEASE-ID] [--reason R] [--wait [serving] [--timeout SECONDS]]",
  about: "go back to the last good release and hold the service there",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const reason = options.reason ?? "rolled back by hand";
    const written = await writeDeploy(context, service, async (current) => {
      const running = standing(service, current).release;
      const release = options.to
        ? await findRelease(context, service, options.to)
        : await goodBefore(context, service, running.id);
      if (release.id === running.id) throw alreadyThere(service, release.id);
      return {
        wish: { service, kind: "rollback", release, reason },
        also: [
          ...(await holdOperations(context.consul, service, {
            by: context.by,
            reason,
            at: context.now().toISOString(),
          })),
          ...(await strikeOperations(context.consul, service, running.id)),
        ],
      };
    });
    return answerDeploy(context, options, written);
  },
};

/** The last release that was good and is not the one to get away from. */
async function goodBefore({ consul }: Context, service: string, running: string) {
  for (const key of [keys.good(service), keys.previousGood(service)]) {
    const { found } = await consul.get(key);
    const release = found && parseDeploy(service, found).release;
    if (release && release.id !== running) return release;
  }
  throw new Problem({
    happened: `no other release of ${service} than ${running} was ever good`,
    unchanged: "nothing was deployed",
    next: `name one: shoestring rollback ${service} --to RELEASE-ID; see: shoestring history ${service}`,
  });
}

/**
 * What a person leaves is good no more: neither a second rollback, nor an automatic one, nor a new
 * instance comes back to it. What was good before it is good again.
 */
async function strikeOperations(
  consul: Consul,
  service: string,
  left: string,
): Promise<Operation[]> {
  const read = async (key: string) => (await consul.get(key)).found;
  // One that cannot be read is no way back either.
  const isLeft = (entry: Entry) =>
    orElse(
      () => parseDeploy(service, entry).release.id === left,
      () => false,
    );
  const strike = ({ key, modifyIndex: index }: Entry): Operation => ({
    verb: "delete-cas",
    ...{ key, index },
  });
  const good = await read(keys.good(service));
  const previous = await read(keys.previousGood(service));
  if (good === undefined || !isLeft(good)) {
    return previous && isLeft(previous) ? [strike(previous)] : [];
  }
  if (previous === undefined) return [strike(good)];
  if (isLeft(previous)) return [strike(good), strike(previous)];
  const { key, modifyIndex: index } = good;
  return [{ verb: "cas", key, value: previous.value, index }, strike(previous)];
}

const alreadyThere = (service: string, id: string) =>
  new Problem({
    happened: `${id} is what ${service} is to run already`,
    unchanged: "nothing was deployed and no hold was set",
    next: `to roll it again: shoestring restart ${service}`,
  });
