import { expect, test } from "vitest";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";

const jobSeconds = 1800;
const kinds = {
  web: { count: 2, ping: "/ping" },
  worker: { count: 2, drainTimeoutSeconds: 3600, stopTimeoutSeconds: 3600 },
};
const release = (sequence: number) => aDeploy(sequence).release.id;
/** What two web processes and two workers serve. */
const webAndWorkers = (web: number, worker: number) => [web, web, worker, worker].map(release);

/**
 * An instance that serves release 2, while the old workers go on with a job of release 1 for half an
 * hour.
 */
async function instanceBesideJobs(
  behaviours: Readonly<Record<string, Behaviour>> = {},
  ofOld: Behaviour = {},
  { failingStops = 0, ...differs }: Partial<ServiceFile> & { failingStops?: number } = {},
) {
  const jobMs = { 3: jobSeconds * 1000, 4: jobSeconds * 1000 };
  const fleet = simulatedFleet({
    service: { kinds, processes: 4, progressDeadlineSeconds: 7500, ...differs },
    behaviours: { [release(1)]: { jobMs, ...ofOld }, ...behaviours },
  });
  fleet.announce(aDeploy(1));
  await fleet.add("web-1");
  await fleet.pass(30);
  const instance = fleet.instance("web-1");
  const { machine } = instance;
  machine.nowServing();
  let fails = failingStops;
  machine.inject((_, name) => {
    const isStop = name === "supervisor.stop" && machine.disk().moves[3]?.step === "stop";
    return isStop && fails-- > 0 ? "fail" : undefined;
  });
  fleet.announce(aDeploy(2));
  await fleet.pass(20);
  expect(machine.leftovers()).toEqual(["3a", "4a"]);
  const afterJobs = async (serving: readonly string[]) => {
    await fleet.pass(jobSeconds + 60);
    expect(machine.serving()).toEqual(serving);
    expect(machine.leftovers()).toEqual([]);
    expect(machine.disk().moves).toEqual({});
    expect(machine.broken).toEqual([]);
  };
  return { fleet, instance, machine, afterJobs };
}

test("a newer deploy is served by the web processes while an old worker's job goes on, and by the workers after it", async () => {
  const { fleet, machine, afterJobs } = await instanceBesideJobs();
  fleet.announce(aDeploy(3));
  await fleet.pass(60);
  expect(machine.serving()).toEqual(webAndWorkers(3, 2));
  expect(machine.leftovers()).toEqual(["3a", "4a"]);
  await afterJobs(webAndWorkers(3, 3));
  expect(fleet.rollout(3)?.phase).toBe("done");
});

test("a web process that dies while an old worker's job goes on is rolled back before the job ends", async () => {
  const dies = { afterMs: 40_000 };
  const { fleet, machine, afterJobs } = await instanceBesideJobs({ [release(2)]: { dies } });
  await fleet.pass(90);
  expect(fleet.report(2, "web-1")?.error).toContain("restarted: it exited with status 1");
  expect(fleet.rollout(2)?.phase).toBe("failed");
  expect(machine.serving()).toEqual(webAndWorkers(1, 2));
  expect(machine.leftovers()).toEqual(["3a", "4a"]);
  await afterJobs(webAndWorkers(1, 1));
});

test("a new agent follows a newer deploy while the job goes on that the one before it waited for", async () => {
  const { fleet, instance, machine, afterJobs } = await instanceBesideJobs();
  await instance.restart();
  fleet.announce(aDeploy(3));
  await fleet.pass(60);
  expect(machine.serving()).toEqual(webAndWorkers(3, 2));
  expect(machine.leftovers()).toEqual(["3a", "4a"]);
  await afterJobs(webAndWorkers(3, 3));
});

test("old workers that are killed after their deploy are told in the report of the one that waits for them", async () => {
  const { fleet, afterJobs } = await instanceBesideJobs({}, { ignoresStop: true });
  fleet.announce(aDeploy(3));
  await afterJobs(webAndWorkers(3, 3));
  expect(fleet.report(3, "web-1")?.killed).toBe(2);
});

test("a stop of an old worker that failed is tried again, and a newer deploy does not wait for its job", async () => {
  const { fleet, machine, afterJobs } = await instanceBesideJobs({}, {}, { failingStops: 1 });
  fleet.announce(aDeploy(3));
  await fleet.pass(60);
  expect(machine.serving()).toEqual(webAndWorkers(3, 2));
  expect(machine.leftovers()).toEqual(["3a", "4a"]);
  await afterJobs(webAndWorkers(3, 3));
});
