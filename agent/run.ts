import { untilAborted } from "../lib/aborted.ts";
import { describe } from "../lib/problem.ts";
import { httpProcesses } from "../protocol/process-settings.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import { routes } from "./boot.ts";
import { readAgentFile, readServiceFiles } from "./config-files.ts";
import type { Apart } from "./core/each-alone.ts";
import { keepGoing } from "./core/keep-going.ts";
import { runCron } from "./cron/run-cron.ts";
import {
  connectInstance,
  cronContext,
  deployContext,
  drainContext,
  type InstanceContext,
  leasesOf,
  lifecycleContext,
  type ServiceUnits,
  serviceUnits,
  unreadService,
} from "./dependencies.ts";
import { serveService } from "./deploy/serve.ts";
import { watchRunning } from "./health/watch-running.ts";
import { controlDrain } from "./instance/drain-controller.ts";
import { reportLargeState } from "./instance/large-state.ts";
import { followLifecycle } from "./instance/lifecycle.ts";
import { watchStateSize } from "./instance/state-size.ts";
import { stopServing } from "./instance/stop-serving.ts";
import { systemClock as clock } from "./linux/clock.ts";
import { exec } from "./linux/exec.ts";
import { frontListeners } from "./linux/front-listeners.ts";
import { keptMib } from "./linux/kept-size.ts";
import { jsonLog as log } from "./linux/log.ts";
import { type NftablesGate, nftablesGate } from "./linux/nftables.ts";
import { watchRuleset } from "./linux/ruleset.ts";
import { runRulesetWatchdog } from "./linux/ruleset-watchdog.ts";
import { runningFile } from "./linux/running-file.ts";

/** Runs the agent: takes the gate over, then serves each service and follows the instance's life. */
export async function run(): Promise<void> {
  const agentFile = await readAgentFile();
  const files = await readServiceFiles(log);
  const services = files.made;
  const gate = await takeOverGate(files);
  log("agent.started", {
    instance: agentFile.instance,
    services: services.map(({ service }) => service),
  });
  void goOn("gate", () => runRulesetWatchdog(gate, { clock, log, watchRuleset }));
  const instance = connectInstance(agentFile, gate);
  const report = reportLargeState(instance);
  const sizes = { services, measureMib: keptMib(exec), report, clock, log };
  void goOn("state", () => watchStateSize(sizes));

  const launching = services.map((service) => unreadService(instance, service));
  // A service whose journal cannot be read runs, too: it is stopped with the others.
  const units = services.map(serviceUnits);
  const leaving = new AbortController();
  const drain = drainContext(instance, leaving.signal);
  void goOn("drain", () => controlDrain(drain));
  const lifecycle = lifecycleContext(agentFile, {
    services: launching,
    unusable: files.failed,
    stopRolling: () => leaving.abort(),
    stopServing: async () => void (await Promise.all(units.map(stopServing))),
  });
  void goOn("lifecycle", () => followLifecycle(lifecycle));

  void untilAborted(leaving.signal).then(() => deregisterAll(services, instance));
  const serve = async (ofService: ServiceUnits, i: number) => {
    const { service } = ofService;
    const context = await deployContext(instance, ofService);
    launching[i] = context;
    if (httpProcesses(service).length === 0) {
      const mark = runningFile(service.service);
      void goOn(`running ${service.service}`, () => watchRunning({ ...context, mark }));
    }
    for (const lease of leasesOf(context, leaving.signal)) {
      void goOn(`lease ${service.service}`, () => lease.follow());
    }
    runCron(cronContext(context, leaving.signal));
    await serveService(context, Math.random, leaving.signal);
  };
  await Promise.all(
    units.map((it, i) => goOn(`service ${it.service.service}`, () => serve(it, i))),
  );
}

/** A service whose journal is damaged may be registered by an earlier agent; rollouts would wait. */
const deregisterAll = (services: readonly ServiceFile[], { consul }: InstanceContext) =>
  services.map(({ service }) => goOn(`leave ${service}`, () => consul.deregisterService(service)));

const goOn = (part: string, act: () => Promise<unknown>) => keepGoing(part, act, { clock, log });

/** A gate that cannot be repaired now is repaired by its watchdog. */
async function takeOverGate(files: Apart<ServiceFile>): Promise<NftablesGate> {
  const gate = nftablesGate(
    { exec, log, clock, listeners: frontListeners(log) },
    await routes(files),
  );
  await gate.takeOver().catch((error) => log("gate.repair.failed", { error: describe(error) }));
  return gate;
}
