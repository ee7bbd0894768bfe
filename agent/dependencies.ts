import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import type { Consul } from "../lib/consul.ts";
import { ConsulHttp } from "../lib/consul-http.ts";
import { nodeHttp } from "../lib/http.ts";
import type { AgentFile } from "../protocol/agent-file.ts";
import { keys } from "../protocol/keys.ts";
import { kindOf, singletonsOf } from "../protocol/process-settings.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import { beforeUnitName, cronUnitName } from "../protocol/units.ts";
import type { Span } from "../trace/spans.ts";
import { inChild } from "./aws/child.ts";
import { scalingGroup } from "./aws/group.ts";
import { statePath } from "./boot.ts";
import { httpGate } from "./core/http-gate.ts";
import { latestDeploy } from "./core/latest-deploy.ts";
import { emptyState, type Journal, openJournal } from "./core/state.ts";
import { consulToken } from "./core/token.ts";
import { withToken } from "./core/with-token.ts";
import type { CronContext } from "./cron/context.ts";
import type { DeployContext } from "./deploy/context.ts";
import type { Secrets } from "./deploy/prepare.ts";
import { ServiceHealth } from "./health/service-health.ts";
import { type DrainContext, isDrained } from "./instance/drain-controller.ts";
import type { LaunchContext } from "./instance/launch-readiness.ts";
import type { LifecycleContext } from "./instance/lifecycle.ts";
import type { StopServingContext } from "./instance/stop-serving.ts";
import { systemClock as clock } from "./linux/clock.ts";
import { setClientToken } from "./linux/consul-client.ts";
import { cronMarks } from "./linux/cron-marks.ts";
import { deadMansTimer } from "./linux/dead-mans-timer.ts";
import { drainFile } from "./linux/drain-file.ts";
import { unitEnds } from "./linux/ends.ts";
import { exec } from "./linux/exec.ts";
import { writeFileSafely } from "./linux/files.ts";
import { launchedPath } from "./linux/folders.ts";
import { fileHealthCheck as healthCheck } from "./linux/health-check.ts";
import { httpProbe } from "./linux/http-probe.ts";
import { http2Probe } from "./linux/http2-probe.ts";
import { jsonLog as log } from "./linux/log.ts";
import { procMemory } from "./linux/memory.ts";
import type { NftablesGate } from "./linux/nftables.ts";
import { oneShotUnit } from "./linux/one-shot-unit.ts";
import { nginxRequestLog } from "./linux/request-log.ts";
import { sockets } from "./linux/sockets.ts";
import { stateFile } from "./linux/state-file.ts";
import { type SystemdSupervisor, systemd } from "./linux/systemd.ts";
import { tokenFile } from "./linux/token-file.ts";
import { fetchBoundMs, hookBoundMs, resolveBoundMs } from "./release/bounds.ts";
import { folderStore } from "./release/store.ts";
import { ClosableSupervisor } from "./roll/closable-supervisor.ts";
import { Retirements } from "./roll/retirements.ts";
import type { RolloutNotifier } from "./rollout/notifier.ts";
import { StatusWriter } from "./rollout/status-writer.ts";
import { Lease } from "./singleton/lease.ts";
import { SingletonSupervisor } from "./singleton/singleton-supervisor.ts";
import { saveSlack } from "./slack/save-slack.ts";
import { SlackCronNotifier } from "./slack/slack-cron-notifier.ts";
import { SlackNotifier } from "./slack/slack-notifier.ts";
import { sendingMs } from "./trace/limits.ts";
import { noTracing, type Tracing, tracing } from "./trace/tracing.ts";

/** A hundred messages of a channel's history; longer answers of Slack are not kept in memory. */
const largestSlackAnswerBytes = 4 * 1024 ** 2;

/** What all services of an instance share. */
export type InstanceContext = Pick<
  DeployContext,
  "instance" | "incarnation" | "consul" | "secrets" | "tracing" | "notifiers" | "clock" | "log"
> & { readonly gate: NftablesGate; readonly tellOfCron: CronContext["tell"] };

/** Connects the agent with Consul, the secret store, Slack and the collector of traces. */
export function connectInstance(agentFile: AgentFile, gate: NftablesGate): InstanceContext {
  const consul = connectConsul(agentFile);
  return {
    ...{ consul, secrets, gate, clock, log },
    instance: agentFile.instance,
    incarnation: randomUUID(),
    tracing: tracingOf(agentFile),
    notifiers: notifiersOf(agentFile, consul),
    tellOfCron: tellOfCron(agentFile),
  };
}

/** What systemd runs of a service, and what ends it: also where the service's journal is damaged. */
export interface ServiceUnits extends StopServingContext {
  readonly ofSystemd: SystemdSupervisor;
}

export function serviceUnits(service: ServiceFile): ServiceUnits {
  const ofSystemd = systemd(service, exec, clock);
  return {
    ...{ service, ofSystemd, clock, log },
    units: new ClosableSupervisor(ofSystemd),
    connections: sockets(exec),
    before: oneShotUnit(beforeUnitName(service.service), exec),
    unitOf: (name) => oneShotUnit(cronUnitName(service.service, name), exec),
  };
}

/** Everything that serves one service. */
export interface ServiceContext extends DeployContext, ServiceUnits {
  readonly tellOfCron: CronContext["tell"];
  readonly supervisor: SingletonSupervisor;
}

/** @throws what reading the service's journal throws. */
export async function deployContext(
  context: InstanceContext,
  ofService: ServiceUnits,
): Promise<ServiceContext> {
  const { instance, consul } = context;
  const { service, units, ofSystemd } = ofService;
  const gate = httpGate(service, context.gate);
  const store = folderStore({
    ...{ service, log },
    fetch: (input, stop) =>
      inChild("fetch", input, { longestMs: fetchBoundMs(input.release), stop }),
  });
  const journal = await openJournal(stateFile(statePath(service.service)));
  const ends = unitEnds(service.service, { exec, supervisor: ofSystemd, clock, log });
  const timer = deadMansTimer(service.service, exec);
  const supervisor = new SingletonSupervisor({ service, supervisor: units, timer, journal, log });
  return {
    ...context,
    ...ofService,
    ...{ supervisor, store, journal, gate },
    health: new ServiceHealth({
      ...{ service, instance, journal, store, supervisor, ends, gate, clock, log },
    }),
    requests: nginxRequestLog(service.service),
    probe: service.protocol === undefined ? httpProbe(service) : http2Probe(service),
    memory: procMemory(service.service),
    statusWriter: new StatusWriter({ consul, clock, log }),
    retirements: new Retirements(),
    latestDeploy: latestDeploy(),
  };
}

/** The leases of a service's singletons; each is followed until the instance leaves. */
export const leasesOf = (
  { service, consul, instance, supervisor }: ServiceContext,
  leaving: AbortSignal,
): Lease[] =>
  singletonsOf(service).map((n) => {
    const key = keys.singleton(service.service, kindOf(service, n) ?? "");
    const leased = supervisor.leased(n);
    return new Lease({ consul, key, instance, leased, clock, log, random: Math.random }, leaving);
  });

/** Everything that runs the scheduled commands of a service. */
export const cronContext = (context: ServiceContext, leaving: AbortSignal): CronContext => ({
  ...context,
  tell: context.tellOfCron,
  marks: cronMarks(context.service.service, { clock, log }),
  isDrained: async () => isDrained(await drainFile().read(), clock.now()),
  leaving,
});

/** A service whose journal is not yet read, or is damaged. */
export const unreadService = (
  { instance, consul }: InstanceContext,
  service: ServiceFile,
): LaunchContext => ({
  ...{ service, instance, consul },
  journal: unread,
});

export const drainContext = (
  { consul, instance }: InstanceContext,
  signal: AbortSignal,
): DrainContext => ({
  ...{ consul, clock, log, instance, healthCheck, signal },
  kept: drainFile(),
  random: Math.random,
});

/** The instance's life in its Auto Scaling group. */
export const lifecycleContext = (
  agentFile: AgentFile,
  deps: Pick<LifecycleContext, "services" | "unusable" | "stopRolling" | "stopServing">,
): LifecycleContext => ({
  ...deps,
  ...{ clock, log, healthCheck, agentFile, launched },
  group: scalingGroup(agentFile, nodeHttp({ keepAlive: false }), {
    complete: (answer) => inChild<boolean>("complete-hook", answer, { longestMs: hookBoundMs }),
    extend: (waiting) => inChild<boolean>("extend-hook", waiting, { longestMs: hookBoundMs }),
  }),
});

function connectConsul({ consulUrl, consulToken: reference }: AgentFile): Consul {
  const http = nodeHttp();
  const token = consulToken({
    ...{ reference, readSecret, kept: tokenFile(), clock, log, random: Math.random },
    changed: (value, stop) =>
      void setClientToken({
        ...{ url: consulUrl, token: value, http, clock, log, random: Math.random, stop },
      }),
  });
  return new ConsulHttp({ url: consulUrl, token: "", http: withToken(http, token, clock) });
}

const resolve = (references: readonly string[], stop?: AbortSignal) =>
  inChild<Record<string, string>>("resolve", references, {
    longestMs: resolveBoundMs,
    ...(stop ? { stop } : {}),
  });

const secrets: Secrets = async (references, stop) =>
  new Map(Object.entries(await resolve(references, stop)));

const readSecret = async (name: string) => (await resolve([name]))[name] as string;

function notifiersOf(agentFile: AgentFile, consul: Consul): readonly RolloutNotifier[] {
  const { slack } = agentFile;
  if (!slack) return [];
  return [
    new SlackNotifier({
      ...slack,
      ...slackContext(agentFile),
      saveSlack: (deploy, message) => saveSlack(consul, deploy, message),
    }),
  ];
}

function tellOfCron(agentFile: AgentFile): CronContext["tell"] {
  const { slack } = agentFile;
  if (!slack) return undefined;
  const notifier = new SlackCronNotifier({ ...slack, ...slackContext(agentFile) });
  return (news) => notifier.tell(news);
}

const slackContext = ({ cluster }: AgentFile) => ({
  ...{ cluster, readSecret, clock, log },
  http: nodeHttp({ largestAnswerBytes: largestSlackAnswerBytes }),
});

function tracingOf({ trace: target }: AgentFile): Tracing {
  if (!target) return noTracing;
  const send = (spans: readonly Span[]) =>
    inChild<void>("trace", { spans, target }, { longestMs: sendingMs });
  return tracing({ send, clock, log });
}

const unread: Journal = { current: () => emptyState, change: async () => {} };

/** Marks that the launch hook was answered. */
const launched: LifecycleContext["launched"] = {
  read: () =>
    access(launchedPath).then(
      () => true,
      () => false,
    ),
  write: () => writeFileSafely(launchedPath, "", 0o644),
};
