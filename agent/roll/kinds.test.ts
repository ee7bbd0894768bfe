import { expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { httpGate } from "../core/http-gate.ts";
import { aService } from "../testing/builders.ts";
import { all, next, old, servingMachine } from "../testing/serving-machine.ts";
import { rollInstance } from "./roll.ts";

const worker = { http: "none", hosts: [] } as const satisfies Partial<ServiceFile>;
const webAndWorkers = {
  kinds: { web: { count: 2, ping: "/ping" }, worker: { count: 2, strategy: "in-place" } },
} as const satisfies Partial<ServiceFile>;

test("a process without HTTP is never probed nor drained; the old one stops when the new one is ready", async () => {
  const on = await servingMachine(worker);
  const asked: string[] = [];
  const context = await on.agent();
  const spied = {
    ...context,
    probe: { ask: async () => ({ error: String(asked.push("probe")) }) },
    connections: { count: async () => asked.push("connections") },
  };
  await expect(on.roll(spied, next)).resolves.toBe("done");

  expect(asked).toEqual([]);
  expect(on.machine.serving()).toEqual(all(next));
  expect(on.machine.leftovers()).toEqual([]);
});

test("a process without HTTP that is not ready in time fails the roll, and the one before it runs on", async () => {
  const on = await servingMachine(worker, { [next.releaseId]: { bootMs: 60_000 } });
  await expect(on.roll(await on.agent(), next)).rejects.toThrow(
    "after 2 s: it has not said that it is ready",
  );
  expect(on.machine.serving()).toEqual(all(old));
});

test("kinds are rolled in their order, and no batch has two kinds", async () => {
  const on = await servingMachine(webAndWorkers);
  on.phases.length = 0;
  await expect(on.roll(await on.agent(), next)).resolves.toBe("done");

  const began = on.phases.filter((it, i, them) => them.indexOf(it) === i && /starting/.test(it));
  expect(began.map((it) => it[0])).toEqual(["1", "2", "3", "4"]);
  const firstServes = on.phases.indexOf("3 serving");
  expect(on.phases.indexOf("4 stopping")).toBeGreaterThan(firstServes); // in place, one at a time
  expect(on.machine.serving()).toEqual(all(next));
  expect(on.machine.broken).toEqual([]);
});

test("the first process that answers requests goes alone, also after workers", async () => {
  const kinds = { worker: { count: 1 }, web: { count: 3, ping: "/ping" } };
  const on = await servingMachine({ kinds, bootAhead: false });
  on.phases.length = 0;
  await expect(on.roll(await on.agent(), next)).resolves.toBe("done");
  const at = (phase: string) => on.phases.indexOf(phase);
  expect(at("2 serving")).toBeLessThan(at("3 starting"));
  expect(at("4 starting")).toBeLessThan(at("3 serving"));
  expect(on.machine.serving()).toEqual(all(next));
});

test("a worker's own times count for it, and those of the service for the others", async () => {
  const kinds = {
    web: { count: 1, ping: "/ping" },
    worker: { count: 1, startTimeoutSeconds: 9 },
  };
  const on = await servingMachine({ kinds, processes: 2 }, { [next.releaseId]: { bootMs: 5000 } });
  await expect(on.roll(await on.agent(), next)).rejects.toThrow("after 2 s, GET /ping");

  const workerFirst = { worker: kinds.worker, web: kinds.web };
  const other = await servingMachine(
    { kinds: workerFirst, processes: 2 },
    { [next.releaseId]: { bootMs: 5000 } },
  );
  await expect(other.roll(await other.agent(), next)).rejects.toThrow("process 2 of web");
});

test("the gate gets no front port of a process without HTTP", async () => {
  const on = await servingMachine(webAndWorkers);
  const fronts: number[] = [];
  const gate = {
    point: async (front: number) => void fronts.push(front),
    close: async (front: number) => void fronts.push(front),
  };
  const service = aService(webAndWorkers);
  const context = { ...(await on.agent()), gate: httpGate(service, gate) };
  await on.clock.run(
    rollInstance(
      context,
      next,
      async () => "go on",
      () => {},
    ),
  );
  expect(new Set(fronts)).toEqual(new Set([8001, 8002]));
});

test("a worker gets no PORT, and a file to make where it says by a file that it is ready", async () => {
  const staged: Record<string, Readonly<Record<string, string>>> = {};
  const kinds = {
    web: { count: 1, ping: "/ping" },
    worker: { count: 1, ready: "file" as const, command: ["bin/worker"] },
  };
  const on = await servingMachine({ kinds, processes: 2 });
  const context = await on.agent();
  const store = {
    ...context.store,
    stage: async (place, contents) => {
      staged[`${place.n}`] = { ...contents.environment, command: contents.command.join(" ") };
      await context.store.stage(place, contents);
    },
  } satisfies typeof context.store;
  const launch = { ...next.launch, kinds: { worker: { command: ["bin/worker"], ping: "/" } } };
  await on.roll({ ...context, store }, { ...next, launch });

  expect(staged["1"]).toMatchObject({ PORT: "8201", command: "node server.js" });
  expect(staged["2"]).toMatchObject({
    READY_FILE: "/run/shoestring/ready/web/2b",
    command: "bin/worker",
  });
  expect(staged["2"]).not.toHaveProperty("PORT");
});

test("in place the closed gate of a web process opens by itself after its own times, not those of a worker", async () => {
  const kinds = {
    web: { count: 2, ping: "/ping", strategy: "in-place" as const },
    worker: { count: 2, drainTimeoutSeconds: 3600, stopTimeoutSeconds: 3600 },
  };
  const on = await servingMachine({ kinds });
  const bounds: number[] = [];
  const context = await on.agent();
  const gate = {
    ...context.gate,
    close: async (front: number, boundSeconds: number) => {
      bounds.push(boundSeconds);
      await context.gate.close(front, boundSeconds);
    },
  };
  await on.roll({ ...context, gate }, next);
  // drain 5 s, twice a stop of 5 s and a start of 2 s, and 10 s
  expect(bounds).toEqual([29, 29]);
});
