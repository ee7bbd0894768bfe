import { expect, test } from "vitest";
import { memoryConsul } from "../lib/testing/memory-consul.ts";
import { InstanceRollout, parseDocument } from "../protocol/documents.ts";
import { keys } from "../protocol/keys.ts";
import { latestDeploy } from "./core/latest-deploy.ts";
import { openJournal } from "./core/state.ts";
import type { DeployContext } from "./deploy/context.ts";
import { serveService } from "./deploy/serve.ts";
import { Retirements } from "./roll/retirements.ts";
import { StatusWriter } from "./rollout/status-writer.ts";
import { aDeploy, aService, silentLog } from "./testing/builders.ts";
import { healthOf } from "./testing/health-of.ts";
import { simulatedClock } from "./testing/simulated-clock.ts";
import { simulatedMachine } from "./testing/simulated-machine/index.ts";
import { noTracing } from "./trace/tracing.ts";

/** An agent that serves `web`, whose disk can fill up, and `api`, whose disk has room. */
async function anAgent() {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  let leftWrites = Number.POSITIVE_INFINITY;
  const serve = async (name: "web" | "api") => {
    const service = aService({ service: name, processes: 2 });
    consul.nodes(name, ["web-1"]);
    const machine = simulatedMachine({ service, clock });
    const journal = await openJournal({
      read: machine.file.read,
      async write(state) {
        if (name === "web" && leftWrites <= 0) {
          throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
            code: "ENOSPC",
          });
        }
        if (name === "web") leftWrites -= 1;
        await machine.file.write(state);
      },
    });
    const on: DeployContext = {
      ...{ ...machine, service, clock, consul, journal, log: silentLog, instance: "web-1" },
      incarnation: "run 1",
      health: healthOf(machine, { service, journal, clock }),
      secrets: async () => new Map<string, string>(),
      statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
      retirements: new Retirements(),
      latestDeploy: latestDeploy(),
      tracing: noTracing,
      notifiers: [],
      random: () => 0,
    };
    let ended: unknown = "it goes on";
    serveService(on, () => 0, new AbortController().signal).catch((error) => {
      ended = error;
    });
    return { machine, ended: () => ended };
  };
  const web = await serve("web");
  const api = await serve("api");
  const deployOf = (service: "web" | "api", sequence: number) => {
    const { release, ...deploy } = aDeploy(sequence);
    const id = release.id.replace("web", service);
    return {
      ...deploy,
      service,
      release: { ...release, id, url: release.url.replace("web", service) },
    };
  };
  return {
    ...{ consul, web, api },
    release: (service: "web" | "api", sequence: number) => deployOf(service, sequence).release.id,
    announce: (service: "web" | "api", sequence: number) =>
      consul.put(keys.deploy(service), JSON.stringify(deployOf(service, sequence))),
    pass: (seconds: number) => clock.run(clock.sleep(seconds * 1000)),
    report(revision: number) {
      const key = keys.rolloutInstance("web", revision, "web-1");
      return parseDocument(InstanceRollout, key, consul.text(key) ?? "");
    },
    /** The disk accepts this many more writes of the state, and then none. */
    fill: (after: number) => {
      leftWrites = after;
    },
    makeRoom: () => {
      leftWrites = Number.POSITIVE_INFINITY;
    },
  };
}

test("a full disk fails the deploy of its service with that reason, and does not stop other services", async () => {
  const on = await anAgent();
  on.announce("web", 1);
  on.announce("api", 1);
  await on.pass(30);
  on.fill(0);

  on.announce("web", 2);
  on.announce("api", 2);
  await on.pass(60);

  expect(on.report(2)).toMatchObject({
    phase: "failed",
    error: expect.stringContaining("ENOSPC: no space left on device"),
    endedAt: expect.any(String),
  });
  expect(on.consul.text(keys.rollout("web", 2))).toContain('"phase":"failed"');
  expect(new Set(on.web.machine.serving())).toEqual(new Set([on.release("web", 1)]));
  expect(new Set(on.api.machine.serving())).toEqual(new Set([on.release("api", 2)]));
  expect([on.web.ended(), on.api.ended()]).toEqual(["it goes on", "it goes on"]);

  on.makeRoom();
  on.announce("web", 3);
  await on.pass(60);
  expect(new Set(on.web.machine.serving())).toEqual(new Set([on.release("web", 3)]));
});

test("a roll whose disk is full at any write reports its end, and leaves no process out", async () => {
  let writes = 0;
  for (; ; writes += 1) {
    const on = await anAgent();
    on.announce("web", 1);
    await on.pass(30);
    on.fill(writes);
    on.web.machine.nowServing();

    on.announce("web", 2);
    await on.pass(120);

    const { phase, endedAt } = on.report(2);
    const where = `full after ${writes} writes`;
    expect([where, ["done", "failed"].includes(phase), endedAt]).toEqual([
      where,
      true,
      expect.any(String),
    ]);
    expect([where, on.web.machine.serving().includes("out"), on.web.ended()]).toEqual([
      where,
      false,
      "it goes on",
    ]);
    expect([where, on.web.machine.broken]).toEqual([where, []]);
    on.makeRoom();
    on.announce("web", 3);
    await on.pass(120);
    expect([where, new Set(on.web.machine.serving())]).toEqual([
      where,
      new Set([on.release("web", 3)]),
    ]);
    expect([where, on.web.machine.leftovers()]).toEqual([where, []]);
    if (phase === "done") break;
  }
  console.log(`a disk that is full from a roll's n-th write on: ${writes + 1} places`);
  expect(writes).toBeGreaterThan(5);
});
