import type { Consul } from "../protocol/consul.ts";
import { describe } from "../protocol/problem.ts";
import { healthPath, processNumbers, type ServiceFile } from "../protocol/service-file.ts";
import { type Carrying, carryOut } from "./carry-out.ts";
import { decide } from "./decide.ts";
import type { Clock, Log } from "./effects.ts";
import { watchRollout } from "./fleet/coordinate.ts";
import { recover } from "./roll/settle.ts";
import { watchDeploy } from "./watch.ts";

const retryMs = 1000;

/**
 * One service on this instance, for as long as the agent lives: settle what a former agent left,
 * then carry out each deploy that is read, and watch its rollout. Serving needs neither Consul nor
 * this loop.
 */
export async function serveService(on: Carrying, random: () => number): Promise<never> {
  const { service, journal, wishes, clock, log } = on;
  await recoverForSure(on);
  const unending = new AbortController();
  let watching = new AbortController();
  const read = watchDeploy(
    { ...on, service: service.service, random, signal: unending.signal },
    (deploy) => {
      const decision = decide(journal.current(), deploy);
      if (decision.act === "ignore")
        log("deploy.ignored", { service: service.service, ...decision });
      if (decision.act === "ignore") return;
      watching.abort();
      watching = new AbortController();
      void watchRollout(on, deploy, random, watching.signal);
      if (decision.act === "roll") wishes.put(deploy);
    },
  );
  read.catch((error: unknown) => log("watch.ended", { error: describe(error) }));
  void registerForSure(on, clock, log);
  for (;;) {
    const deploy = await wishes.take();
    if (decide(journal.current(), deploy).act === "roll") await carryOut(on, deploy);
  }
}

/** Until every process is at rest, nothing else may begin. */
async function recoverForSure(on: Carrying): Promise<void> {
  const context = { ...on, tell: () => {}, countCut: () => {} };
  for (;;) {
    try {
      return await recover(context, processNumbers(on.service));
    } catch (error) {
      on.log("recover.failed", { service: on.service.service, error: describe(error) });
      await on.clock.sleep(retryMs);
    }
  }
}

/** Tells the Consul client of this machine about the service, with nginx's health check. */
async function registerForSure(
  { consul, service }: { readonly consul: Consul; readonly service: ServiceFile },
  clock: Clock,
  log: Log,
): Promise<void> {
  let said = false;
  for (;;) {
    try {
      return await consul.registerService({
        Name: service.service,
        Port: 80,
        Check: {
          HTTP: `http://127.0.0.1${healthPath(service.service)}`,
          Interval: "5s",
          Timeout: "2s",
        },
      });
    } catch (error) {
      if (!said) log("register.wait", { error: describe(error) });
      said = true;
      await clock.sleep(retryMs);
    }
  }
}
