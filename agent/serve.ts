import { describe } from "../protocol/problem.ts";
import { healthPath, processNumbers } from "../protocol/service-file.ts";
import { backoff } from "./backoff.ts";
import { type Carrying, carryOut, tellEnd } from "./carry-out.ts";
import { decide } from "./decide.ts";
import { watchRollout } from "./fleet/coordinate.ts";
import { tellNewer } from "./fleet/tell-newer.ts";
import type { FleetView } from "./fleet/view.ts";
import { restartTelling } from "./health/tell-restarts.ts";
import { errorWatch } from "./health/watch-errors.ts";
import { recover } from "./roll/settle.ts";
import { watchDeploy } from "./watch.ts";

const retryWaits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * One service on this instance, for as long as the agent lives: settle what a former agent left,
 * then carry out each deploy that is read, and watch its rollout. Serving needs neither Consul nor
 * this loop. Never rejects: the agent serves other services, too.
 *
 * @param leaving ends all but the serving: the process under way is finished, and no rollout waits
 * for an instance that is not registered.
 */
export async function serveService(
  on: Carrying,
  random: () => number,
  leaving: AbortSignal,
): Promise<never> {
  const { service, journal, wishes, log } = on;
  void aborted(leaving).then(() => wishes.end());
  on.health.watch();
  await recoverForSure(on, random);
  const errors = errorWatch(on);
  let watching = new AbortController();
  void aborted(leaving).then(() => watching.abort());
  let telling = new AbortController();
  const isKnown = journal.current().deploy !== undefined;
  const read = watchDeploy(
    { ...on, service: service.service, random, signal: leaving, isKnown },
    (deploy) => {
      const decision = decide(journal.current(), deploy);
      telling.abort();
      telling = new AbortController();
      if (decision.act === "ignore") {
        log("deploy.ignored", { service: service.service, ...decision });
        void tellNewer(on, deploy, AbortSignal.any([telling.signal, leaving]));
        return;
      }
      log("deploy.read", { service: service.service, revision: deploy.revision, ...decision });
      watching.abort();
      watching = new AbortController();
      const watched = { ...on, look: (view: FleetView) => tellLost(on, view) };
      const until = { stop: watching.signal, leaving };
      const ended = watchRollout(watched, deploy, random, until).catch((error: unknown) =>
        log("rollout.unwatched", { error: describe(error) }),
      );
      void errors.during(ended);
      wishes.put(deploy);
    },
  );
  read.catch((error: unknown) => log("watch.ended", { error: describe(error) }));
  void registerUntil(leaving, on, random);
  const tellRestarts = restartTelling(on);
  let [wish, restart] = [wishes.take(), on.health.restarted()];
  for (;;) {
    const deploy = await Promise.race([wish, restart]);
    if (deploy === undefined) {
      restart = on.health.restarted();
      await tellRestarts();
      continue;
    }
    wish = wishes.take();
    const { act } = decide(journal.current(), deploy);
    if (act === "roll") await carryOut(on, deploy);
    if (act === "nothing") {
      await tellEnd(on, deploy);
      await tellRestarts(); // what an agent was told that was killed
    }
    await settleLeft(on, wishes.replaced(deploy), random);
  }
}

/** An end that was reported, and that nobody can read any more, is told again: others wait for it. */
function tellLost({ journal, wishes, instance }: Carrying, { deploy, reports }: FleetView): void {
  const isTold = reports.some(({ report }) => report.instance === instance);
  if (!isTold && decide(journal.current(), deploy).act === "nothing") wishes.again(deploy);
}

/**
 * Tries again what a roll could not bring to its end, such as its undo: a process may be out. The
 * roll of a newer deploy begins with that itself.
 */
async function settleLeft(
  on: Carrying,
  replaced: AbortSignal,
  random: () => number,
): Promise<void> {
  const { service, journal, clock, log } = on;
  const again = backoff(retryWaits, random);
  while (!replaced.aborted) {
    const left = Object.keys(journal.current().moves).map(Number);
    if (left.length === 0) return;
    await Promise.race([clock.sleep(again.nextMs()), aborted(replaced)]);
    if (replaced.aborted) return;
    await recover(quietly(on), left).catch((error) =>
      log("recover.failed", { service: service.service, error: describe(error) }),
    );
  }
}

/** What is recovered is told in the log alone. */
const quietly = (on: Carrying) => ({ ...on, tell: () => {}, took: () => {}, countCut: () => {} });

/** Until every process is at rest, nothing else may begin. */
async function recoverForSure(on: Carrying, random: () => number): Promise<void> {
  const again = backoff(retryWaits, random);
  for (;;) {
    try {
      return await recover(quietly(on), processNumbers(on.service));
    } catch (error) {
      on.log("recover.failed", { service: on.service.service, error: describe(error) });
      await on.clock.sleep(again.nextMs());
    }
  }
}

/** Registers the service with this machine's Consul client until the instance leaves. */
async function registerUntil(
  leaving: AbortSignal,
  on: Carrying,
  random: () => number,
): Promise<void> {
  const { consul, service } = on;
  await forSure(on, random, () =>
    consul.registerService({
      Name: service.service,
      Port: 80,
      Check: {
        // nginx's: what the load balancer asks for, too.
        HTTP: `http://127.0.0.1${healthPath(service.service)}`,
        Interval: "5s",
        Timeout: "2s",
      },
    }),
  );
  await aborted(leaving);
  await forSure(on, random, () => consul.deregisterService(service.service));
}

async function forSure(
  { clock, log }: Carrying,
  random: () => number,
  act: () => Promise<void>,
): Promise<void> {
  const again = backoff(retryWaits, random);
  for (let said = false; ; said = true) {
    try {
      return await act();
    } catch (error) {
      if (!said) log("register.wait", { error: describe(error) });
      await clock.sleep(again.nextMs());
    }
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
