import { untilAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import { describe } from "../../lib/problem.ts";
import { signal } from "../../lib/signal.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { healthPath, processNumbers } from "../../protocol/service-file.ts";
import { decide } from "../core/decide.ts";
import { watchDeploy } from "../core/watch.ts";
import { convergeLeftovers, recovered } from "../roll/converge-leftovers.ts";
import { restartAlarm } from "../rollout/restart-alarm.ts";
import { applyDeploy, reportEnd } from "./apply-deploy.ts";
import type { DeployContext } from "./context.ts";
import { followDeploy } from "./follow-deploy.ts";

const retryWaits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * Runs one service on this instance, for as long as the agent lives: converges what a former agent
 * left, then applies each deploy that it reads, and watches its rollout. Serving needs neither
 * Consul nor this loop. Never rejects: the agent serves other services, too.
 *
 * @param leaving ends everything except serving: the process in progress is finished, and no
 * rollout waits for an unregistered instance.
 */
export async function serveService(
  deps: DeployContext,
  random: () => number,
  leaving: AbortSignal,
): Promise<never> {
  const { service, journal, latestDeploy, log } = deps;
  void untilAborted(leaving).then(() => latestDeploy.end());
  deps.health.watch();
  // A process that cannot be started must not hold up the deploy that may fix it.
  const isAtRest = await recovered(deps, processNumbers(service));
  const isKnown = journal.current().deploy !== undefined;
  const { begin, goOn } = followDeploy(deps, random, leaving);
  const watched = { ...deps, service: service.service, random, signal: leaving, isKnown };
  const read = watchDeploy(watched, begin, goOn);
  read.catch((error: unknown) => log("watch.ended", { error: describe(error) }));
  void registerUntil(leaving, deps, random);
  return attend(deps, isAtRest, random);
}

/**
 * Does one thing after the other, for as long as the agent lives: applies the desired deploy,
 * reports restarts, converges processes that are not yet at rest.
 */
async function attend(
  deps: DeployContext,
  wasAtRest: boolean,
  random: () => number,
): Promise<never> {
  const { service, journal, latestDeploy, clock, retirements } = deps;
  let isAtRest = wasAtRest;
  const reportRestarts = restartAlarm(deps, random);
  const news = signal();
  let desired: Deploy | undefined;
  let hasRestarted = false;
  const takeDesired = () =>
    void latestDeploy.take().then((deploy) => {
      desired = deploy;
      news.set();
    });
  const nextRestart = () =>
    void deps.health.restarted().then(() => {
      hasRestarted = true;
      news.set();
    });
  takeDesired();
  nextRestart();
  const again = backoff(retryWaits, random);
  const tryAgain = () => void clock.sleep(again.nextMs()).then(news.set);
  if (!isAtRest) tryAgain();
  // One that failed leaves its move, and its process is not at rest.
  retirements.whenOver((n) => {
    if (journal.current().moves[n] === undefined) return;
    isAtRest = false;
    tryAgain();
  });
  for (;;) {
    await news.wait();
    news.clear();
    const deploy = desired;
    if (deploy) {
      desired = undefined;
      takeDesired();
      const { act } = decide(journal.current(), deploy);
      if (act === "roll") await applyDeploy(deps, deploy);
      if (act === "nothing") {
        await reportEnd(deps, deploy);
        await reportRestarts(); // restarts that a killed agent did not report
      }
      await convergeLeftovers(deps, latestDeploy.replaced(deploy), random);
    }
    if (hasRestarted) {
      hasRestarted = false;
      nextRestart();
      await reportRestarts();
    }
    if (!isAtRest && !desired) {
      isAtRest = await recovered(deps, processNumbers(service));
      if (!isAtRest) tryAgain();
    }
  }
}

/** Registers the service with this machine's Consul client until the instance leaves. */
async function registerUntil(
  leaving: AbortSignal,
  deps: DeployContext,
  random: () => number,
): Promise<void> {
  const { consul, service } = deps;
  await forSure(deps, random, () =>
    consul.registerService({
      Name: service.service,
      Port: 80,
      Check: {
        // nginx's health path, which the load balancer uses too
        HTTP: `http://127.0.0.1${healthPath(service.service)}`,
        Interval: "5s",
        Timeout: "2s",
      },
    }),
  );
  await untilAborted(leaving);
  await forSure(deps, random, () => consul.deregisterService(service.service));
}

async function forSure(
  { clock, log }: DeployContext,
  random: () => number,
  act: () => Promise<void>,
): Promise<void> {
  const again = backoff(retryWaits, random);
  for (let isLogged = false; ; isLogged = true) {
    try {
      return await act();
    } catch (error) {
      if (!isLogged) log("register.wait", { error: describe(error) });
      await clock.sleep(again.nextMs());
    }
  }
}
