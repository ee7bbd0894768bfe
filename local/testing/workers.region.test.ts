import { afterAll, beforeAll, expect, test } from "vitest";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

/** Longer than a job takes. */
const patient = { shutdownTimeoutSeconds: 20 };
/** One release runs a web server, workers with jobs of several seconds, and a clock. */
const processes = {
  web: { count: 2, command: ["node", "server.js"], ping: "/ping" },
  worker: { count: 2, command: ["node", "worker.js"], ready: "notify", ...patient },
  clock: { count: 1, command: ["node", "worker.js"], ready: "file", singleton: true, ...patient },
} as const;
const jobMs = 5000;
const worker = "shoestring-web@3*";

const instances = ["web-1", "web-2"];

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes, before: ["node", "migrate.js"] });
  await on.pushed({ worker: { jobMs } });
  await on.healthy(instances);
});
afterAll(endTestRegion);

/** The jobs that processes logged since a time, by name: how often they began and ended. */
async function jobsSince(seconds: number, units: string) {
  const lines = await on.on(
    ...(["web-1", "journalctl", "-u", units, "-o", "cat", "--since", `@${seconds}`] as const),
  );
  const count = new Map<string, { began: number; ended: number }>();
  for (const [, job = "", what] of lines.matchAll(/^job (.+) (began|ended)$/gm)) {
    const known = count.get(job) ?? { began: 0, ended: 0 };
    count.set(job, { ...known, [what as "began"]: known[what as "began"] + 1 });
  }
  return count;
}

const now = async () => Number((await on.on("web-1", "date", "+%s")).trim());

test("web, workers and a clock of one release roll together: no request is lost and no job is cut", async () => {
  const since = await now();
  await until("a job in hand", async () => (await jobsSince(since, worker)).size > 0 || undefined);
  let releaseId = "";
  const seen = await on.underLoad(async () => {
    releaseId = (await on.pushed({ worker: { jobMs } })).release.id;
  });

  expect(seen.errors).toEqual({});
  expect(Object.keys(seen.releases)).toContain(releaseId);
  const jobs = await jobsSince(since, "shoestring-web@*");
  const ofTheOld = [...jobs].filter(([job]) => !job.includes(releaseId));
  expect(ofTheOld.length).toBeGreaterThanOrEqual(2);
  expect(ofTheOld.filter(([, { began, ended }]) => began > 1 || ended > 1)).toEqual([]);
  // The journal began in the middle of the first job of each worker.
  expect(ofTheOld.filter(([, { ended }]) => ended === 0)).toEqual([]);
  expect([...jobs.keys()].some((job) => job.includes(releaseId))).toBe(true);
  expect([...jobs.keys()].every((job) => job.endsWith("port=none"))).toBe(true);
});

test("systemd and status show each process with its kind, and one side of each runs", async () => {
  expect((await on.shoestring("status", "web")).out).toMatch(/web-1 +done +3 worker +web-/);
  const units = await on.on("web-1", "systemctl", "list-units", "--plain", "shoestring-web@*");
  const all = [...units.matchAll(/^shoestring-web@(\d)[ab]\.service .* running (.*)$/gm)];
  // The clock runs on one of the instances only.
  const descriptions = all.filter(([, n]) => n !== "5");
  expect(descriptions.map(([, n, text]) => `${n} ${text}`.replace(/[ab]$/, ""))).toEqual([
    "1 web web, process 1",
    "2 web web, process 2",
    "3 web worker, process 3",
    "4 web worker, process 4",
  ]);
});

test("a worker that never says that it is ready fails the release, and the old one works on", async () => {
  const before = await on.deploy();
  const deploy = await on.push({ worker: { isSilent: true } });
  const { phase, instances } = await on.ended(deploy);
  expect(phase).toBe("failed");
  // Either instance may be the canary.
  const errors = Object.values(instances).flatMap(({ error }) => error ?? []);
  expect(errors.join()).toContain("after 6 s: it has not sent READY=1 to systemd");
  const since = await now();
  const jobs = () => jobsSince(since, worker).then((found) => [...found.keys()]);
  await until("a job of the old", async () =>
    (await jobs()).some((job) => job.includes(before.release.id)) ? true : undefined,
  );
});

test("a worker that dies after it was ready fails the release in its watch", async () => {
  const deploy = await on.push({ worker: { jobMs: 100, crashAfterMs: 900 } });
  const { phase, instances } = await on.ended(deploy);
  expect(phase).toBe("failed");
  expect(JSON.stringify(instances)).toContain("exited with status 3");
});

/** How often the step before a release began and ended, on all instances. */
async function migrationsOf(releaseId: string) {
  const logs = instances.map((name) =>
    on.on(name, "journalctl", "-u", "shoestring-web@before", "-o", "cat"),
  );
  const lines = (await Promise.all(logs)).join("\n").split("\n");
  const count = (what: string) =>
    lines.filter((line) => line === `migration for ${releaseId} ${what}`).length;
  return { began: count("began"), ended: count("ended") };
}

test("the step before a release runs once in the whole fleet, with the new release", async () => {
  const { release } = await on.pushed();
  expect(await migrationsOf(release.id)).toEqual({ began: 1, ended: 1 });
});

test("a step before a release that fails ends the deploy, and no process is touched", async () => {
  const pids = () =>
    on.on("web-1", "systemctl", "show", "shoestring-web@*", "--property=MainPID", "--value");
  const before = await pids();
  let deploy = await on.deploy();
  const seen = await on.underLoad(async () => {
    deploy = await on.push({ before: { exit: 3 } });
    const { phase, instances: reports } = await on.ended(deploy);
    expect(phase).toBe("failed");
    const errors = Object.values(reports).flatMap(({ error }) => error ?? []);
    expect(errors.join()).toContain(
      `(node migrate.js) failed: it exited with status 3; its log: Error: column "colour"`,
    );
  });
  expect(seen.errors).toEqual({});
  expect(await pids()).toBe(before);
  expect(await migrationsOf(deploy.release.id)).toEqual({ began: 1, ended: 1 });
});

test("an agent that is killed while the step runs goes on with it, and the step runs once", async () => {
  const deploy = await on.push({ before: { ms: 6000 } });
  await until("the step", async () =>
    (await migrationsOf(deploy.release.id)).began > 0 ? true : undefined,
  );
  for (const name of instances)
    await on.on(name, "systemctl", "kill", "-s", "KILL", "shoestring-agent");
  expect((await on.ended(deploy)).phase).toBe("done");
  expect(await migrationsOf(deploy.release.id)).toEqual({ began: 1, ended: 1 });
});
