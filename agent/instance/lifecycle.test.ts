import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import type { AgentFile } from "../../protocol/agent-file.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { emptyState, openJournal, type Serving } from "../core/state.ts";
import { aDeploy, aService } from "../testing/builders.ts";
import { memoryHealthCheck } from "../testing/health-check.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { deregister } from "./deregister.ts";
import { followLifecycle, type LifecycleContext } from "./lifecycle.ts";

const hooks: AgentFile["lifecycle"] = {
  group: "staging-web",
  launchHook: "launch",
  terminateHook: "terminate",
  launchSeconds: 540,
};

/** The Auto Scaling group, as the instance sees it. */
function groupDouble() {
  const answers: string[] = [];
  let target: string | Error | undefined = "InService";
  let failures = 0;
  let looks = 0;
  let notice: string | undefined;
  let spotLooks = 0;
  const group: LifecycleContext["group"] = {
    async targetState() {
      looks += 1;
      if (target instanceof Error) throw target;
      return target;
    },
    async spotNotice() {
      spotLooks += 1;
      return notice;
    },
    async complete(hook, result) {
      failures -= 1;
      if (failures >= 0) throw new Error("Throttling");
      answers.push(`${hook} ${result}`);
      return true;
    },
    async extend(hook) {
      failures -= 1;
      if (failures >= 0) throw new Error("AccessDenied");
      answers.push(`${hook} goes on`);
      return true;
    },
  };
  return {
    group,
    answers,
    looks: () => looks,
    spotLooks: () => spotLooks,
    takeBack() {
      notice = '{"action": "terminate", "time": "2026-01-01T00:02:00Z"}';
    },
    bringTo(next: string | Error | undefined) {
      target = next;
    },
    failNext(count: number) {
      failures = count;
    },
  };
}

/** An instance that its group launches, by default with one service. */
async function launched(services: readonly ServiceFile[] = [aService()], jobSeconds = 0) {
  const { group, ...ofGroup } = groupDouble();
  const clock = simulatedClock();
  const consul = memoryConsul();
  const { healthCheck, reasons } = memoryHealthCheck(clock);
  const events: string[] = [];
  const logged: Record<string, unknown>[] = [];
  let isLaunched = false;
  let stopped = false;
  const state = { read: async () => emptyState, write: async () => {} };
  const launching = await Promise.all(
    services.map(async (service) => ({
      ...{ service, instance: "web-1", consul },
      journal: await openJournal(state),
    })),
  );
  const on: LifecycleContext = {
    ...{ clock, healthCheck, services: launching, unusable: [] },
    agentFile: { lifecycle: hooks, deregisterSeconds: 30 },
    log(event, fields = {}) {
      events.push(event);
      logged.push(fields);
    },
    group,
    launched: {
      read: async () => isLaunched,
      write: async () => {
        isLaunched = true;
      },
    },
    stopRolling: () => {
      stopped = true;
    },
    stopServing: async () => {
      await clock.sleep(jobSeconds * 1000);
      events.push("processes stopped");
    },
  };
  return {
    on,
    consul,
    clock,
    events,
    logged,
    reasons,
    ...ofGroup,
    stopped: () => stopped,
    start: (differs: Partial<LifecycleContext> = {}) => void followLifecycle({ ...on, ...differs }),
    seconds: (count: number) => clock.run(clock.sleep(count * 1000)),
    deployed: (service = "web") =>
      consul.put(`deploys/${service}`, JSON.stringify({ ...aDeploy(1), service })),
    /** Lets so many processes of a service pass their probes. */
    serve: async (count: number, service = "web", isAccepted = true) => {
      const serving: Serving = { side: "a", release: aDeploy(1).release.id, environmentId: "1" };
      const numbers = Array.from({ length: count }, (_, i) => [i + 1, serving]);
      const one = launching.find((it) => it.service.service === service);
      await one?.journal.change((now) => ({
        ...now,
        ...(isAccepted ? { deploy: aDeploy(1) } : {}),
        serving: Object.fromEntries(numbers),
      }));
    },
  };
}

test("the launch hook is answered when every process of every service has passed, and not before", async () => {
  const on = await launched([aService(), aService({ service: "api" })]);
  on.deployed("web");
  on.deployed("api");
  on.start();
  await on.seconds(10);
  await on.serve(3, "web");
  await on.seconds(10);
  await on.serve(4, "web");
  await on.seconds(10);
  expect(on.answers).toEqual([]);

  await on.serve(4, "api");
  await on.seconds(2);
  expect(on.answers).toEqual(["launch CONTINUE"]);
});

test("an instance is launched when its service was never deployed", async () => {
  const on = await launched();
  on.start();
  await on.seconds(2);
  expect(on.answers).toEqual(["launch CONTINUE"]);
});

test("the launch waits while Consul is away", async () => {
  const on = await launched();
  on.consul.away(true);
  on.start();
  await on.seconds(60);
  expect(on.answers).toEqual([]);
  on.consul.away(false);
  await on.seconds(2);
  expect(on.answers).toEqual(["launch CONTINUE"]);
});

test("at its deadline the launch is abandoned, and the log names the services that did not pass", async () => {
  const on = await launched([aService(), aService({ service: "api" })]);
  on.deployed("web");
  on.deployed("api");
  await on.serve(4, "web");
  on.start();
  await on.seconds(538);
  expect(on.answers).toEqual([]);
  await on.seconds(4);
  expect(on.answers).toEqual(["launch ABANDON"]);
  expect(on.logged[on.events.indexOf("launch.abandoned")]).toMatchObject({ missing: ["api"] });
});

test("the launch hook gets one answer in an instance's life", async () => {
  const on = await launched();
  on.start();
  await on.seconds(2);
  on.start(); // the agent was restarted
  await on.seconds(600);
  expect(on.answers).toEqual(["launch CONTINUE"]);
});

test("an answer to a hook that fails is sent again", async () => {
  const on = await launched();
  on.failNext(3);
  on.start();
  await on.seconds(60);
  expect(on.answers).toEqual(["launch CONTINUE"]);
});

test("a terminating instance stops rolling, leaves the load balancer, then answers the terminate hook", async () => {
  const on = await launched();
  on.start();
  await on.seconds(20);
  expect(on.reasons()).toEqual([]);
  on.answers.length = 0;

  on.bringTo("Terminated");
  await on.seconds(6);
  expect(on.reasons()).toEqual(["leaving"]);
  expect(on.stopped()).toBe(true);
  expect(on.answers).toEqual([]);
  await on.seconds(30);
  expect(on.answers).toEqual(["terminate CONTINUE"]);
});

test("a terminating instance gives the jobs in hand their time before it answers the terminate hook", async () => {
  const on = await launched([aService()], 300);
  on.start();
  await on.seconds(20);
  on.answers.length = 0;

  on.bringTo("Terminated");
  await on.seconds(320);
  expect(on.answers).toEqual([]);
  await on.seconds(20);
  expect(on.events.slice(-2)).toEqual(["processes stopped", "hook.completed"]);
  expect(on.answers).toEqual(["terminate CONTINUE"]);
});

test("a terminate hook hears now and then of jobs that take longer than it waits", async () => {
  const on = await launched([aService()], 2900);
  on.start();
  await on.seconds(20);
  on.answers.length = 0;

  on.bringTo("Terminated");
  await on.seconds(2900);
  expect(on.answers).toEqual(["terminate goes on", "terminate goes on"]);
  await on.seconds(60);
  expect(on.answers.slice(2)).toEqual(["terminate CONTINUE"]);
});

test("a heartbeat that fails is logged, and the instance ends its jobs all the same", async () => {
  const on = await launched([aService()], 2900);
  on.start();
  await on.seconds(20);
  on.answers.length = 0;

  on.failNext(2);
  on.bringTo("Terminated");
  await on.seconds(2960);
  expect(on.events.filter((event) => event === "hook.heartbeat")).toHaveLength(1);
  expect(on.answers).toEqual(["terminate CONTINUE"]);
});

test("after an agent was killed while its instance leaves, the next one waits only for the rest", async () => {
  const on = await launched();
  on.bringTo("Terminated");
  on.start();
  await on.seconds(20);
  on.clock.forgetSleepers();
  on.answers.length = 0;

  on.start();
  await on.seconds(12);

  expect(on.answers).toEqual(["terminate CONTINUE"]);
  // The shutdown that follows does not wait again.
  const from = on.clock.monotonicMs();
  await on.clock.run(deregister(on.on, 30));
  expect(on.clock.monotonicMs() - from).toBeLessThan(1000);
});

test("the group is asked at most every five seconds", async () => {
  const on = await launched();
  on.start();
  await on.seconds(600);
  expect(on.looks()).toBeLessThanOrEqual(122);
});

test("without a metadata service one line is logged, and nothing else happens", async () => {
  const on = await launched();
  on.bringTo(new Error("connect ENETUNREACH 169.254.169.254:80"));
  on.start();
  await on.seconds(600);
  expect(on.events).toEqual(["lifecycle.none"]);
  expect(on.answers).toEqual([]);
  expect(on.looks()).toBeLessThan(12);
});

test("for an instance without a group one line is logged, and nothing else happens", async () => {
  const on = await launched();
  on.start({ agentFile: { lifecycle: undefined, deregisterSeconds: 30 } });
  await on.seconds(60);
  expect(on.events).toEqual(["lifecycle.none"]);
  expect(on.looks()).toBe(0);
});

test("a metadata service that fails for a while does not make the instance leave", async () => {
  const on = await launched();
  on.start();
  await on.seconds(10);
  on.answers.length = 0;
  on.bringTo(new Error("no answer within 2000 ms"));
  await on.seconds(30);
  expect(on.reasons()).toEqual([]);
  on.bringTo("Terminated");
  await on.seconds(40);
  expect(on.answers).toEqual(["terminate CONTINUE"]);
});

const spot: Partial<LifecycleContext> = {
  agentFile: { lifecycle: { ...hooks, spot: true }, deregisterSeconds: 30 },
};

test("a spot instance that EC2 takes back leaves at once, and answers the terminate hook when its group asks", async () => {
  const on = await launched();
  on.start(spot);
  await on.seconds(20);
  expect(on.reasons()).toEqual([]);
  on.answers.length = 0;

  on.takeBack();
  await on.seconds(6);
  expect(on.reasons()).toEqual(["leaving"]);
  expect(on.stopped()).toBe(true);
  expect(on.logged[on.events.indexOf("instance.leaving")]?.notice).toContain("terminate");
  await on.seconds(60);
  expect(on.answers).toEqual([]);
  on.bringTo("Terminated");
  await on.seconds(6);
  expect(on.answers).toEqual(["terminate CONTINUE"]);
});

test("spot notices are asked for every five seconds where instances may be spot, and never elsewhere", async () => {
  const onDemand = await launched();
  onDemand.start();
  await onDemand.seconds(600);
  expect(onDemand.spotLooks()).toBe(0);

  const on = await launched();
  on.start(spot);
  await on.seconds(600);
  expect(on.spotLooks()).toBeGreaterThan(100);
  expect(on.spotLooks()).toBeLessThanOrEqual(122);
});

test("an instance whose processes all serve before its deploy is accepted is not launched yet", async () => {
  const instance = await launched();
  instance.deployed("web");
  instance.start();
  await instance.serve(4, "web", false);
  await instance.seconds(30);
  expect(instance.answers).toEqual([]);
  await instance.serve(4, "web");
  await instance.seconds(5);
  expect(instance.answers).toEqual(["launch CONTINUE"]);
});

test("the launch of an instance with an unreadable service file is abandoned", async () => {
  const instance = await launched();
  instance.start({ unusable: ["api"] });
  await instance.seconds(700);
  expect(instance.answers).toEqual(["launch ABANDON"]);
  expect(instance.logged).toContainEqual({ afterSeconds: 540, missing: ["api"] });
});

test("an instance that runs an older deploy than another one is not launched until that one is gone", async () => {
  const instance = await launched();
  instance.deployed("web");
  instance.consul.nodes("web", ["web-1", "web-2"]);
  const { release, revision } = aDeploy(1);
  const key = keys.rolloutInstance("web", revision, "web-1");
  instance.consul.put(
    key,
    JSON.stringify({
      ...{ schema: 2, instance: "web-1", service: "web", revision, phase: "runs newer" },
      seenAt: "2026-01-01T00:09:00.000Z",
      processes: {},
      runs: { revision: 2, release: release.id, at: "2026-01-01T00:08:00.000Z" },
    }),
  );
  instance.start();
  await instance.serve(4, "web");
  await instance.seconds(30);
  expect(instance.answers).toEqual([]);
  instance.consul.nodes("web", ["web-2"]); // web-1 is gone, and its report stays
  await instance.seconds(5);
  expect(instance.answers).toEqual(["launch CONTINUE"]);
});
