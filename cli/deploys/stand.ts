import type { Consul } from "../../lib/consul.ts";
import { isWayBack, parseDeploy } from "../../protocol/deploys.ts";
import { BeforeStep, type Deploy, type Hold, parseDocument } from "../../protocol/documents.ts";
import { parseHold } from "../../protocol/holds.ts";
import { keys } from "../../protocol/keys.ts";
import { parseEach } from "../../protocol/unusable.ts";

/** How a service stands after a deploy that failed. */
export interface Stand {
  readonly hold: Hold | undefined;
  /** Whether another release was good: a rollback finds it. */
  readonly hasWayBack: boolean;
  /** Whether it failed in its step before the release. */
  readonly isBeforeFailed: boolean;
}

export async function readHold(consul: Consul, service: string): Promise<Hold | undefined> {
  const { found } = await consul.get(keys.hold(service));
  return found && parseHold(found);
}

/** @returns undefined where Consul is away: the failure is shown all the same. */
export async function readStand(consul: Consul, deploy: Deploy): Promise<Stand | undefined> {
  const { service } = deploy;
  try {
    const [hold, good, previous, before] = await Promise.all([
      readHold(consul, service),
      consul.get(keys.good(service)),
      consul.get(keys.previousGood(service)),
      consul.get(keys.before(service)),
    ]);
    const goods = [good, previous].flatMap(({ found }) => (found ? [found] : []));
    const ways = parseEach(goods, (entry) => parseDeploy(service, entry)).usable;
    const steps = parseEach(before.found ? [before.found] : [], ({ key, value }) =>
      parseDocument(BeforeStep, key, value),
    ).usable;
    return {
      hold,
      hasWayBack: ways.some(({ release }) => isWayBack(deploy, release)),
      isBeforeFailed: steps.some(
        ({ revision, phase }) => revision === deploy.revision && phase === "failed",
      ),
    };
  } catch {
    return undefined;
  }
}

/** A deploy that is done may leave a hold, as a rollback does. */
export const heldLine = (service: string, { by, reason }: Hold): string =>
  `${service} is held by ${by}: ${reason}; when the cause is gone: shoestring unhold ${service}`;
