import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { keys } from "../../protocol/keys.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { latestDeploy } from "../core/latest-deploy.ts";
import { openJournal } from "../core/state.ts";
import { Retirements } from "../roll/retirements.ts";
import { StatusWriter } from "../rollout/status-writer.ts";
import { aDeploy, aService, silentLog } from "../testing/builders.ts";
import { healthOf } from "../testing/health-of.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { type Behaviour, simulatedMachine } from "../testing/simulated-machine/index.ts";
import { noTracing } from "../trace/tracing.ts";
import { serveService } from "./serve.ts";

/** An agent that serves one service on one instance. */
async function anAgent(
  differs: Partial<ServiceFile> = { parallel: 1 },
  behaviours: Readonly<Record<string, Behaviour>> = {},
) {
  const service = aService(differs);
  const clock = simulatedClock();
  const consul = memoryConsul();
  const machine = simulatedMachine({ service, clock, behaviours });
  const leaving = new AbortController();
  const start = async () => {
    const journal = await openJournal(machine.file);
    const carrying = {
      health: healthOf(machine, { service, journal, clock }),
      ...{ ...machine, service, clock, consul, log: silentLog, instance: "web-1" },
      incarnation: "run 1",
      secrets: async () => new Map<string, string>(),
      journal,
      statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
      latestDeploy: latestDeploy(),
      retirements: new Retirements(),
      tracing: noTracing,
      notifiers: [],
    };
    void serveService(carrying, () => 0, leaving.signal);
  };
  await start();
  const put = (sequence: number) =>
    consul.put(keys.deploy("web"), JSON.stringify(aDeploy(sequence)));
  const seconds = (count: number) => clock.run(clock.sleep(count * 1000));
  return { consul, machine, put, seconds, start, leave: () => leaving.abort() };
}

const release = (sequence: number) => aDeploy(sequence).release.id;

test("an instance that leaves finishes the process in progress, and rolls no other", async () => {
  const on = await anAgent();
  on.put(1);
  await on.seconds(20);
  on.put(2);
  while (!on.machine.serving().includes(release(2))) await on.seconds(0.1);

  on.leave();
  await on.seconds(60);

  const serving = on.machine.serving();
  expect(new Set(serving)).toEqual(new Set([release(1), release(2)]));
  expect(on.machine.leftovers()).toEqual([]);
  expect(on.consul.text(keys.rolloutInstance("web", 2, "web-1"))).toContain('"superseded"');
  on.put(3);
  await on.seconds(60);
  expect(on.machine.serving()).toEqual(serving);
});

/** In place, the first stop of release 1 fails halfway while release 2 is desired. */
async function anAgentWhoseStopFails(
  then: (on: Awaited<ReturnType<typeof anAgent>>) => void = () => {},
) {
  // Longer than any wait for a process that is stopping.
  const stopping = { [release(1)]: { stopMs: 90_000 } };
  const on = await anAgent({ strategy: "in-place", processes: 2 }, stopping);
  on.put(1);
  await on.seconds(20);
  on.machine.nowServing();
  let once = true;
  on.machine.inject((_, name) => {
    if (name !== "supervisor.stop" || !once) return undefined;
    once = false;
    then(on);
    return "fail during";
  });
  on.put(2);
  return on;
}

test("a process whose undo failed is put back later, without a newer deploy", async () => {
  const on = await anAgentWhoseStopFails();
  await on.seconds(60);
  expect(on.consul.text(keys.rolloutInstance("web", 2, "web-1"))).toContain(
    "it could not be put back yet",
  );
  expect(on.machine.serving()).toEqual(["out", release(1)]);

  await on.seconds(120);

  expect(on.machine.serving()).toEqual([release(1), release(1)]);
  expect(on.machine.disk().moves).toEqual({});
  expect(on.machine.broken).toEqual([]);
});

test("a process whose undo failed is put back while Consul is away", async () => {
  const on = await anAgentWhoseStopFails(({ consul }) => consul.away(true));
  await on.seconds(180);

  expect(on.machine.serving()).toEqual([release(1), release(1)]);
  expect(on.machine.disk().moves).toEqual({});
  on.consul.away(false);
  await on.seconds(30);
  expect(on.consul.text(keys.rolloutInstance("web", 2, "web-1"))).toContain('"failed"');
});

test("a process that can no longer be started does not hold up the next deploy", async () => {
  const on = await anAgent();
  on.put(1);
  await on.seconds(20);
  on.machine.cutPower();
  on.machine.losePlace({ n: 1, side: "a" });
  await on.start();
  await on.seconds(60);
  expect(on.machine.serving()).toEqual(["out", ...Array(3).fill(release(1))]);
  expect(on.consul.registrations()).toEqual(["web"]);

  on.put(2);
  await on.seconds(60);

  expect(on.machine.serving()).toEqual(Array(4).fill(release(2)));
});

test("an instance is registered until it leaves, so that no rollout waits for it", async () => {
  const on = await anAgent();
  await on.seconds(1);
  expect(on.consul.registrations()).toEqual(["web"]);
  on.leave();
  await on.seconds(1);
  expect(on.consul.registrations()).toEqual([]);
});
