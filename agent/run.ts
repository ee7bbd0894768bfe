import { access } from "node:fs/promises";
import { consulOverHttp } from "../protocol/consul.ts";
import { nodeHttp } from "../protocol/http.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import type { Span } from "../protocol/trace/spans.ts";
import { routes, statePath } from "./boot.ts";
import type { Carrying } from "./carry-out.ts";
import { readAgentFile, readServiceFiles } from "./files.ts";
import { reporter } from "./fleet/reporter.ts";
import { guardGate } from "./guard-gate.ts";
import { serviceHealth } from "./health/health.ts";
import { followLifecycle } from "./instance/lifecycle.ts";
import { obeyDrain } from "./instance/obey-drain.ts";
import { systemClock as clock } from "./linux/clock.ts";
import { setClientToken } from "./linux/consul-client.ts";
import { drainFile } from "./linux/drain-file.ts";
import { unitEnds } from "./linux/ends.ts";
import { exec } from "./linux/exec.ts";
import { writeFileSafely } from "./linux/files.ts";
import { launchedPath } from "./linux/folders.ts";
import { scalingGroup } from "./linux/group.ts";
import { fileHealthCheck as healthCheck } from "./linux/health-check.ts";
import { httpProbe } from "./linux/http-probe.ts";
import { jsonLog as log } from "./linux/log.ts";
import { procMemory } from "./linux/memory.ts";
import { nftablesGate } from "./linux/nftables.ts";
import { watchRuleset } from "./linux/ruleset.ts";
import { sockets } from "./linux/sockets.ts";
import { stateFile } from "./linux/state-file.ts";
import { folderStore } from "./linux/store.ts";
import { systemd } from "./linux/systemd.ts";
import type { Secrets } from "./prepare.ts";
import { fetchBoundMs, hookBoundMs, resolveBoundMs } from "./release/bounds.ts";
import { inChild } from "./release/child.ts";
import { serveService } from "./serve.ts";
import { slackObserver } from "./slack/observer.ts";
import { saveSlack } from "./slack/save-slack.ts";
import { openJournal } from "./state.ts";
import { consulToken } from "./token.ts";
import { sendingMs } from "./trace/limits.ts";
import { noTracing, tracing } from "./trace/tracing.ts";
import { wishes } from "./wishes.ts";

/** A hundred messages of a channel's history; more of Slack's words are not kept in memory. */
const largestSlackAnswerBytes = 4 * 1024 ** 2;

/** The agent: wires this machine's gate, supervisor, store and Consul to its services. */
export async function run(): Promise<void> {
  const agentFile = await readAgentFile();
  const { cluster, instance, consulUrl, consulToken: reference, trace: target, slack } = agentFile;
  const services = await readServiceFiles();
  const gate = nftablesGate(exec, log, await routes(services));
  await gate.repair();
  log("agent.started", { instance, services: services.map((s) => s.service) });
  void guardGate(gate, { clock, log, watchRuleset });

  const resolve = (references: readonly string[], stop?: AbortSignal) =>
    inChild<Record<string, string>>("resolve", references, {
      longestMs: resolveBoundMs,
      ...(stop ? { stop } : {}),
    });
  const secrets: Secrets = async (references, stop) =>
    new Map(Object.entries(await resolve(references, stop)));
  const readSecret = async (name: string) => (await resolve([name]))[name] as string;

  const http = nodeHttp();
  // Its token may have to be waited for; what already serves does not wait for it.
  let token: string | undefined;
  const tokenKnown = consulToken(reference, readSecret, { clock, log }).then(async (value) => {
    token = value;
    await setClientToken({ url: consulUrl, token, http, clock, log });
  });
  const consul = consulOverHttp({
    url: consulUrl,
    http: async (request) => {
      if (token === undefined) await tokenKnown;
      return http({ ...request, headers: { ...request.headers, "x-consul-token": token ?? "" } });
    },
    token: "",
  });

  const observers = slack
    ? [
        slackObserver({
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

  const carrying = async (service: ServiceFile): Promise<Carrying> => {
    const supervisor = systemd(service, exec);
    const store = folderStore({
      ...{ service, log },
      fetch: (input, stop) =>
        inChild("fetch", input, { longestMs: fetchBoundMs(input.release), stop }),
    });
    const journal = await openJournal(stateFile(statePath(service.service)));
    const ends = unitEnds(service.service, { exec, clock, log });
    return {
      ...{ service, instance, consul, secrets, gate, supervisor, store, clock, log, journal },
      health: serviceHealth({
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
      probe: httpProbe(),
      connections: sockets(exec),
      memory: procMemory(service.service),
      reporter: reporter({ consul, clock, log }),
      wishes: wishes(),
      tracing: traced,
      observers,
    };
  };
  const carried = await Promise.all(services.map(carrying));
  const leaving = new AbortController();
  const signal = leaving.signal;
  void obeyDrain({
    ...{ consul, clock, log, instance, healthCheck, kept: drainFile() },
    random: Math.random,
    signal,
  });
  void followLifecycle({
    ...{ clock, log, healthCheck, agentFile, services: carried },
    group: scalingGroup(agentFile, nodeHttp({ keepAlive: false }), (answer) =>
      inChild<boolean>("complete-hook", answer, { longestMs: hookBoundMs }),
    ),
    launched: {
      read: () =>
        access(launchedPath).then(
          () => true,
          () => false,
        ),
      write: () => writeFileSafely(launchedPath, "", 0o644),
    },
    stopRolling: () => leaving.abort(),
  });
  await Promise.all(carried.map((on) => serveService(on, Math.random, signal)));
}
