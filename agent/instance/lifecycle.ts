import { logOnChange } from "../../lib/log-on-change.ts";
import { describe } from "../../lib/problem.ts";
import type { AgentFile } from "../../protocol/agent-file.ts";
import type { Clock, Group, HealthCheck, Log } from "../core/effects.ts";
import { deregister } from "./deregister.ts";
import { isLaunchReady, type LaunchContext } from "./launch-readiness.ts";

export interface LifecycleContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly group: Group;
  readonly healthCheck: HealthCheck;
  readonly agentFile: Pick<AgentFile, "lifecycle" | "deregisterSeconds">;
  /** The services that must serve before the instance is launched. */
  readonly services: readonly LaunchContext[];
  /** Services with an unreadable file, which the instance would not serve. */
  readonly unusable: readonly string[];
  /** Whether the launch hook was answered, once in an instance's life. */
  readonly launched: {
    read(): Promise<boolean>;
    write(): Promise<void>;
  };
  /** Ends every deploy and registration, when the instance is to end. */
  readonly stopRolling: () => void;
  /** Ends the work of every service, its commands' too; no request comes any more. */
  readonly stopServing: () => Promise<void>;
}

/** Between looks at the group: more often would load the agent and the metadata service. */
const lookEveryMs = 5000;
/** Between looks where nothing answers, as outside EC2. */
const lookSeldomMs = 60_000;
const launchEveryMs = 1000;
const retryMs = 10_000;
const attempts = 12;
/** Between heartbeats to a hook, which waits for two hours at most after each. */
const heartbeatMs = 20 * 60_000;

/**
 * Answers the hooks of the instance's Auto Scaling group: the launch hook when every process of
 * every service has passed its probes, or with ABANDON at its deadline; the terminate hook when the
 * instance has left the load balancer and its processes have ended their work. A spot instance leaves
 * in the same way when EC2 says that it takes it back. Outside a group it only logs that there is none.
 */
export async function followLifecycle(deps: LifecycleContext): Promise<void> {
  const { lifecycle, deregisterSeconds } = deps.agentFile;
  if (!lifecycle) return deps.log("lifecycle.none", { why: "agent.json names no group" });
  await untilKnown(deps);
  // Not awaited: the group may end an instance while it is launched.
  void completeLaunch(deps, lifecycle);
  const notice = await untilEnding(deps, lifecycle);
  deps.log("instance.leaving", { group: lifecycle.group, ...(notice ? { notice } : {}) });
  deps.stopRolling();
  await whileHookWaits(deps, lifecycle.terminateHook, async () => {
    await deregister(deps, deregisterSeconds);
    await deps.stopServing();
  });
  // After a spot notice the terminate hook waits only once the group ends the instance.
  await untilTerminating(deps);
  await complete(deps, lifecycle.terminateHook, "CONTINUE");
}

/** Waits until the metadata service knows the group's state; logs once when it does not answer. */
async function untilKnown({ group, clock, log }: LifecycleContext): Promise<void> {
  for (let isLogged = false; ; isLogged = true) {
    try {
      await group.targetState();
      return;
    } catch (error) {
      if (!isLogged) log("lifecycle.none", { why: describe(error) });
      await clock.sleep(lookSeldomMs);
    }
  }
}

const untilTerminating = (deps: LifecycleContext) => untilEnding(deps, { spot: false });

/** @returns EC2's notice when it takes a spot instance back; undefined when the group ends it. */
async function untilEnding(
  { group, clock, log }: LifecycleContext,
  { spot }: Pick<NonNullable<AgentFile["lifecycle"]>, "spot">,
): Promise<string | undefined> {
  const logError = logOnChange((error) => log("lifecycle.wait", { error }));
  for (;;) {
    try {
      if ((await group.targetState()) === "Terminated") return undefined;
      const notice = spot ? await group.spotNotice() : undefined;
      if (notice !== undefined) return notice;
      logError.clear();
    } catch (error) {
      logError(error);
    }
    await clock.sleep(lookEveryMs);
  }
}

async function completeLaunch(
  deps: LifecycleContext,
  { launchHook, launchSeconds }: NonNullable<AgentFile["lifecycle"]>,
): Promise<void> {
  const { clock, log, launched, services, unusable } = deps;
  if (await launched.read()) return;
  const deadline = clock.monotonicMs() + launchSeconds * 1000;
  for (;;) {
    const passed = await Promise.all(services.map(isLaunchReady));
    if (passed.every(Boolean) && unusable.length === 0) {
      await complete(deps, launchHook, "CONTINUE");
      break;
    }
    if (clock.monotonicMs() >= deadline) {
      const waiting = services.filter((_, i) => !passed[i]).map(({ service }) => service.service);
      const missing = [...waiting, ...unusable];
      log("launch.abandoned", { afterSeconds: launchSeconds, missing });
      await complete(deps, launchHook, "ABANDON");
      break;
    }
    await clock.sleep(launchEveryMs);
  }
  await launched.write().catch((error) => log("launch.unwritten", { error: describe(error) }));
}

/**
 * Tells a hook now and then that the work goes on, which may take longer than any hook waits: its
 * steps are bounded by the timeouts of the services.
 */
async function whileHookWaits(
  { group, clock, log }: LifecycleContext,
  hook: string,
  work: () => Promise<void>,
): Promise<void> {
  const done = work().then(() => "done");
  const logError = logOnChange((error) => log("hook.heartbeat", { hook, error }));
  while ((await Promise.race([done, clock.sleep(heartbeatMs)])) !== "done") {
    await group.extend(hook).then(logError.clear, logError);
  }
}

/** Answers a hook, with retries. After the last attempt the hook's own timeout decides. */
async function complete(
  { group, clock, log }: LifecycleContext,
  hook: string,
  result: "CONTINUE" | "ABANDON",
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const waited = await group.complete(hook, result);
      log("hook.completed", { hook, result, ...(waited ? {} : { note: "it did not wait" }) });
      return;
    } catch (error) {
      log("hook.failed", { hook, result, attempt, error: describe(error) });
      await clock.sleep(retryMs);
    }
  }
}
