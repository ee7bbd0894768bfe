import { afterEach, beforeEach, expect, test } from "vitest";
import { type MemoryConsul, memoryConsul } from "../lib/testing/memory-consul.ts";
import { keys } from "../protocol/keys.ts";
import { BoardWatch } from "./board-watch.ts";
import type { BoardState } from "./state.ts";
import {
  aDeploy,
  aProcess,
  type Documents,
  deployed,
  instance,
  past,
  rollout,
} from "./testing/documents.ts";

let ending: AbortController;
beforeEach(() => {
  ending = new AbortController();
});
afterEach(() => ending.abort());

const put = (consul: MemoryConsul, documents: Documents) => {
  for (const [key, value] of Object.entries(documents)) consul.put(key, value);
};

/** A watch on a cluster, with the states it reported. */
function watching(consul = memoryConsul()) {
  let state: BoardState | undefined;
  const waiting = new Set<() => void>();
  new BoardWatch({
    cluster: "local",
    consul,
    now: () => new Date("2026-03-02T09:00:00Z"),
    signal: ending.signal,
    pauseMs: 1,
    retryMs: 1,
    changed(next) {
      state = next;
      for (const look of waiting) look();
    },
  }).start();
  /** The first state for which this is true; the test's own time limit is the deadline. */
  const when = (isSo: (state: BoardState) => boolean) =>
    new Promise<BoardState>((resolve) => {
      const look = () => {
        if (!state || !isSo(state)) return;
        waiting.delete(look);
        resolve(state);
      };
      waiting.add(look);
      look();
    });
  const phase = (wanted: string) => when((s) => s.services?.[0]?.phase === wanted);
  return { consul, when, phase };
}

test("a cluster without deploys has an empty list of services, unlike one that was not read yet", async () => {
  const { when } = watching();
  expect(await when((state) => state.services !== undefined)).toEqual({
    cluster: "local",
    services: [],
  });
});

test("every change of a rollout is reported", async () => {
  const { consul, phase, when } = watching();
  const deploy = aDeploy();
  put(consul, deployed(deploy));
  await phase("announced");
  put(consul, rollout(deploy, { phase: "rolling" }));
  await phase("rolling");
  put(consul, instance(deploy, "web-1", { processes: { "1": aProcess(deploy) } }));
  await when((state) => state.services?.[0]?.instances.length === 1);
  put(consul, rollout(deploy, { phase: "done", endedAt: deploy.at }));
  await phase("done");
});

test("a lease that is acquired is reported", async () => {
  const { consul, when } = watching();
  const deploy = aDeploy();
  const clock = aProcess(deploy, { kind: "clock", singleton: true });
  put(consul, deployed(deploy));
  put(consul, instance(deploy, "web-1", { processes: { "1": clock } }));
  const becomes = (phase: string) =>
    when((s) => s.services?.[0]?.instances[0]?.processes[0]?.phase === phase);
  await becomes("standby");
  const session = await consul.createSession("web-1", 15);
  const lease = { verb: "lock", key: keys.singleton("web", "clock"), value: "web-1" } as const;
  await consul.write([{ ...lease, session }]);
  await becomes("serving");
});

test("older rollouts are read, and a new deploy ends the read of the previous rollout", async () => {
  const { consul, when } = watching();
  const [one, two] = [aDeploy({ sequence: 1 }), aDeploy({ sequence: 2 })];
  put(consul, { ...deployed(one), ...rollout(one, { phase: "rolling" }) });
  await when((state) => state.services?.[0]?.phase === "rolling");
  put(consul, { ...rollout(one, { phase: "failed", endedAt: one.at }), ...deployed(two) });
  const { services } = await when((state) => state.services?.[0]?.history[1]?.phase === "failed");
  expect(services?.[0]).toMatchObject({ phase: "announced", deploy: { revision: 2 } });
});

test("revision 1 does not include the entries of revision 10", async () => {
  const consul = memoryConsul();
  for (let sequence = 1; sequence <= 10; sequence += 1) put(consul, past(aDeploy({ sequence })));
  put(consul, deployed(aDeploy({ sequence: 10 })));
  const { when } = watching(consul);
  const { services } = await when((state) => state.services?.[0]?.history.length === 10);
  expect(services?.[0]?.history.map(({ revision }) => revision)).toEqual([
    10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
  ]);
});

test("during a Consul outage the state is kept, with the time since when it is old", async () => {
  const { consul, phase, when } = watching();
  put(consul, deployed(aDeploy()));
  await phase("announced");
  consul.away(true);
  const { services, trouble } = await when((state) => state.trouble !== undefined);
  expect(services).toHaveLength(1);
  expect(trouble).toEqual({ since: "2026-03-02T09:00:00.000Z", happened: "Consul is away" });
});

test("changes during a Consul outage are reported after it", async () => {
  const { consul, phase, when } = watching();
  const deploy = aDeploy();
  put(consul, deployed(deploy));
  await phase("announced");
  consul.away(true);
  await when((state) => state.trouble !== undefined);
  put(consul, rollout(deploy, { phase: "done", endedAt: deploy.at }));
  consul.away(false);
  await when((state) => state.trouble === undefined && state.services?.[0]?.phase === "done");
});

test("a Consul that never answered is not shown as an empty cluster", async () => {
  const consul = memoryConsul();
  consul.away(true);
  const { when } = watching(consul);
  expect(await when(() => true)).toEqual({
    cluster: "local",
    trouble: { happened: "Consul is away" },
  });
});

test("after a restored snapshot, older revisions are read again", async () => {
  const { consul, when } = watching();
  const [one, two, three] = [1, 2, 3].map((n) => aDeploy({ sequence: n })) as [
    ReturnType<typeof aDeploy>,
    ReturnType<typeof aDeploy>,
    ReturnType<typeof aDeploy>,
  ];
  const done = (deploy: typeof one) => rollout(deploy, { phase: "done", endedAt: deploy.at });
  put(consul, { ...past(one), ...done(one), ...past(two), ...done(two), ...deployed(three) });
  await when((state) => state.services?.[0]?.history.length === 3);
  const another = aDeploy({ sequence: 8, revision: 1 });
  put(consul, { ...past(another), ...deployed(two) });
  await when((state) => state.services?.[0]?.history.at(-1)?.release === another.release.id);
});
