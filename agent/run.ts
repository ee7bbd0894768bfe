import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import { consulOverHttp } from "../lib/consul.ts";
import { nodeHttp } from "../lib/http.ts";
import { describe } from "../lib/problem.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import type { Span } from "../trace/spans.ts";
import { inChild } from "./aws/child.ts";
import { scalingGroup } from "./aws/group.ts";
import { routes, statePath } from "./boot.ts";
import { readAgentFile, readServiceFiles } from "./config-files.ts";
import { keepGoing } from "./core/keep-going.ts";
import { latestDeploy } from "./core/latest-deploy.ts";
import { emptyState, type Journal, openJournal } from "./core/state.ts";
import { consulToken } from "./core/token.ts";
import { withToken } from "./core/with-token.ts";
import type { DeployContext } from "./deploy/context.ts";
import type { Secrets } from "./deploy/prepare.ts";
import { serveService } from "./deploy/serve.ts";
import { ServiceHealth } from "./health/service-health.ts";
import { controlDrain } from "./instance/drain-controller.ts";
import type { LaunchContext } from "./instance/launch-readiness.ts";
import { followLifecycle, type Lifecycle } from "./instance/lifecycle.ts";
import { systemClock as clock } from "./linux/clock.ts";
import { setClientToken } from "./linux/consul-client.ts";
import { drainFile } from "./linux/drain-file.ts";
import { unitEnds } from "./linux/ends.ts";
import { exec } from "./linux/exec.ts";
import { writeFileSafely } from "./linux/files.ts";
import { launchedPath } from "./linux/folders.ts";
import { frontListeners } from "./linux/front-listeners.ts";
import { fileHealthCheck as healthCheck } from "./linux/health-check.ts";
import { httpProbe } from "./linux/http-probe.ts";
import { jsonLog as log } from "./linux/log.ts";
import { procMemory } from "./linux/memory.ts";
import { nftablesGate } from "./linux/nftables.ts";
import { nginxRequestLog } from "./linux/request-log.ts";
import { watchRuleset } from "./linux/ruleset.ts";
import { runRulesetWatchdog } from "./linux/ruleset-watchdog.ts";
import { sockets } from "./linux/sockets.ts";
import { stateFile } from "./linux/state-file.ts";
import { systemd } from "./linux/systemd.ts";
import { tokenFile } from "./linux/token-file.ts";
import { fetchBoundMs, hookBoundMs, resolveBoundMs } from "./release/bounds.ts";
import { folderStore } from "./release/store.ts";
import { StatusWriter } from "./rollout/status-writer.ts";
import { slackNotifier } from "./slack/notifier.ts";
import { saveSlack } from "./slack/save-slack.ts";
import { sendingMs } from "./trace/limits.ts";
import { noTracing, tracing } from "./trace/tracing.ts";

/** A hundred messages of a channel's history; longer answers of Slack are not kept in memory. */
const largestSlackAnswerBytes = 4 * 1024 ** 2;

/** Runs the agent: wires this machine's gate, supervisor, store and Consul to its services. */
export async function run(): Promise<void> {
  const agentFile = await readAgentFile();
  const { cluster, instance, consulUrl, consulToken: reference, trace: target, slack } = agentFile;
  const files = await readServiceFiles(log);
  const services = files.made;
  const gate = nftablesGate(
    { exec, log, clock, listeners: frontListeners(log) },
    await routes(files),
  );
  await gate.takeOver().catch((error) => log("gate.repair.failed", { error: describe(error) }));
  log("agent.started", { instance, services: services.map((s) => s.service) });
  const incarnation = randomUUID();
  const beside = { clock, log };
  void keepGoing("gate", () => runRulesetWatchdog(gate, { clock, log, watchRuleset }), beside);

  const resolve = (references: readonly string[], stop?: AbortSignal) =>
    inChild<Record<string, string>>("resolve", references, {
      longestMs: resolveBoundMs,
      ...(stop ? { stop } : {}),
    });
  const secrets: Secrets = async (references, stop) =>
    new Map(Object.entries(await resolve(references, stop)));
  const readSecret = async (name: string) => (await resolve([name]))[name] as string;

  const http = nodeHttp();
  const token = consulToken({
    ...{ reference, readSecret, kept: tokenFile(), clock, log, random: Math.random },
    changed: (value, stop) =>
      void setClientToken({
        ...{ url: consulUrl, token: value, http, clock, log, random: Math.random, stop },
      }),
  });
  const consul = consulOverHttp({
    ...{ url: consulUrl, token: "", http: withToken(http, token, clock) },
  });

  const notifiers = slack
    ? [
        slackNotifier({
          ...slack,
          cluster,
          readSecret,
          http: nodeHttp({ largestAnswerBytes: largestSlackAnswerBytes }),
          clock,
          log,
          saveSlack: (deploy, message) => saveSlack(consul, deploy, message),
        }),
      ]
    : [];
  const send = (spans: readonly Span[]) =>
    inChild<void>("trace", { spans, target }, { longestMs: sendingMs });
  const traced = target ? tracing({ send, clock, log }) : noTracing;

  const carrying = async (service: ServiceFile): Promise<DeployContext> => {
    const supervisor = systemd(service, exec, clock);
    const store = folderStore({
      ...{ service, log },
      fetch: (input, stop) =>
        inChild("fetch", input, { longestMs: fetchBoundMs(input.release), stop }),
    });
    const journal = await openJournal(stateFile(statePath(service.service)));
    const ends = unitEnds(service.service, { exec, supervisor, clock, log });
    return {
      ...{ service, instance, incarnation, consul, secrets, gate, supervisor, store, clock, log },
      journal,
      health: new ServiceHealth({
        service,
        instance,
        journal,
        store,
        supervisor,
        ends,
        gate,
        clock,
        log,
      }),
      requests: nginxRequestLog(service.service),
      probe: httpProbe(),
      connections: sockets(exec),
      memory: procMemory(service.service),
      statusWriter: new StatusWriter({ consul, clock, log }),
      latestDeploy: latestDeploy(),
      tracing: traced,
      notifiers,
    };
  };
  const launching: LaunchContext[] = services.map((service) => ({
    service,
    instance,
    journal: unread,
    consul,
  }));
  const leaving = new AbortController();
  const signal = leaving.signal;
  const obeying = {
    ...{ consul, clock, log, instance, healthCheck, kept: drainFile() },
    ...{ random: Math.random, signal },
  };
  void keepGoing("drain", () => controlDrain(obeying), beside);
  const lifecycle: Lifecycle = {
    ...{ clock, log, healthCheck, agentFile, services: launching },
    unusable: files.failed,
    group: scalingGroup(agentFile, nodeHttp({ keepAlive: false }), (answer) =>
      inChild<boolean>("complete-hook", answer, { longestMs: hookBoundMs }),
    ),
    launched,
    stopRolling: () => leaving.abort(),
  };
  void keepGoing("lifecycle", () => followLifecycle(lifecycle), beside);
  const serve = async (service: ServiceFile, i: number) => {
    const on = await carrying(service);
    launching[i] = on;
    await serveService(on, Math.random, signal);
  };
  await Promise.all(
    services.map((it, i) => keepGoing(`service ${it.service}`, () => serve(it, i), beside)),
  );
}

/** The journal of a service whose state is not yet read, or is damaged. */
const unread: Journal = { current: () => emptyState, change: async () => {} };

/** Marks that the launch hook was answered. */
const launched: Lifecycle["launched"] = {
  read: () =>
    access(launchedPath).then(
      () => true,
      () => false,
    ),
  write: () => writeFileSafely(launchedPath, "", 0o644),
};
