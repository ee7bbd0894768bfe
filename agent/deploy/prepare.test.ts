import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { markerName, releaseFileName } from "../../protocol/archive.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { emptyState, environmentIdOf, type ServiceState } from "../core/state.ts";
import { folderStore } from "../release/store.ts";
import { aDeploy, aService } from "../testing/builders.ts";
import { prepare } from "./prepare.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "shoestring-prepare-"));
});
afterEach(() => rm(root, { recursive: true }));

/** An instance with a real folder, and the lists of its downloads and log events. */
function instance(service = aService(), releaseFile?: object) {
  const consul = memoryConsul();
  const events: string[] = [];
  const fetched: string[] = [];
  const log = (event: string) => void events.push(event);
  const store = folderStore({
    service,
    log,
    root,
    async fetch({ release, releasesFolder }) {
      fetched.push(release.id);
      await mkdir(join(releasesFolder, release.id), { recursive: true });
      await writeFile(join(releasesFolder, release.id, markerName), `${release.sha256}\n`);
      if (!releaseFile) return;
      await writeFile(
        join(releasesFolder, release.id, releaseFileName),
        JSON.stringify(releaseFile),
      );
    },
  });
  const on = { consul, store, secrets: async () => new Map(), log };
  const mode = (value: string) => consul.put("web/MODE", value);
  const good = (deploy: Deploy) =>
    consul.put(keys.good("web"), formatDocument(Deploy, keys.good("web"), deploy));
  const { signal } = new AbortController();
  const prepared = (state: ServiceState, deploy: Deploy) => prepare(on, state, deploy, signal);
  return { events, fetched, store, mode, good, prepare: prepared };
}

/** The state after a finished roll: every process serves this deploy. */
const serving = (deploy: Deploy, before = emptyState): ServiceState => ({
  ...before,
  deploy,
  serving: { 1: { side: "a", release: deploy.release.id, environmentId: environmentIdOf(deploy) } },
  servedWith: { ...before.servedWith, [deploy.release.id]: environmentIdOf(deploy) },
});
const one = aDeploy(1);
const restart = aDeploy(2, { kind: "restart", release: one.release });
const three = aDeploy(3);
const rollback = aDeploy(4, { kind: "rollback", release: one.release });

test("a rollback restores the environment that served, not the one of a restart that failed", async () => {
  const on = instance();
  on.mode("good");
  await on.prepare(emptyState, one);
  on.mode("broken");
  await on.prepare(serving(one), restart); // fails its probe and is rolled back
  on.mode("good again");
  await on.prepare(serving(one), three);

  const target = await on.prepare(serving(three, serving(one)), rollback);

  expect(target).toMatchObject({
    environment: { MODE: "good" },
    environmentId: environmentIdOf(one),
  });
});

test("a rollback of a restart that served and turned out bad restores the last known good environment", async () => {
  const on = instance();
  on.good(one);
  on.mode("good");
  await on.prepare(emptyState, one);
  on.mode("broken");
  await on.prepare(serving(one), restart);

  const target = await on.prepare(serving(restart, serving(one)), rollback);
  expect(target.environment).toEqual({ MODE: "good" });

  // The rollback is good now, and known by its own name too.
  on.good(rollback);
  const next = aDeploy(5, { kind: "restart", release: one.release });
  await on.prepare(serving(one), next);
  const again = aDeploy(6, { kind: "rollback", release: one.release });
  const state = serving(next, serving(one));
  expect((await on.prepare(state, again)).environment).toEqual({ MODE: "good" });
});

test("a damaged environment is skipped and logged, and its own deploy reads the config again", async () => {
  const on = instance();
  on.mode("good");
  await on.prepare(emptyState, one);
  await on.prepare(serving(one), three);
  await writeFile(join(root, "environments", `${environmentIdOf(three)}.json`), "");

  const back = await on.prepare(serving(three, serving(one)), rollback);
  expect(back.environment).toEqual({ MODE: "good" });
  const forth = await on.prepare(serving(one), three);
  expect(forth.environment).toEqual({ MODE: "good" });
  expect(on.events).toEqual(["environment.damaged"]);
});

test.each([
  ["empty", ""],
  ["torn", "a".repeat(20)],
])("a release whose marker is %s is fetched again, and a whole one is not", async (_, marker) => {
  const on = instance();
  await on.prepare(emptyState, one);
  await on.prepare(emptyState, one);
  expect(on.fetched).toHaveLength(1);

  await writeFile(join(root, "releases", one.release.id, markerName), marker);

  await on.prepare(serving(one), one);
  expect(on.fetched).toHaveLength(2);
});

const kinds = aService({ kinds: { web: { count: 1, ping: "/" }, worker: { count: 1 } } });
const misspelt = { processes: { workr: { command: ["bin/jobs"] } } };

test.each([
  ["a service with kinds", kinds, "web, worker"],
  ["a service without", aService(), "no kinds"],
])(
  "a new release whose release.json names a kind unknown to %s is refused",
  async (_, service, has) => {
    const on = instance(service, misspelt);
    await expect(on.prepare(serving(three), one)).rejects.toMatchObject({
      happened: `release.json of ${one.release.id} names processes.workr; web has ${has} here`,
      unchanged: "every process keeps its release",
      next: expect.stringContaining("correct release.json and push again"),
    });
  },
);

test("a release that served before its kind left the cluster file starts on a new instance, is restarted and comes back", async () => {
  const joining = instance(kinds, misspelt);
  joining.good(one);
  await joining.prepare(emptyState, one);
  const on = instance(kinds, misspelt);
  await on.prepare(serving(one), restart);
  await on.prepare(serving(three), rollback);
  const ignored = [...joining.events, ...on.events].filter((it) => it === "release.kinds.ignored");
  expect(ignored).toHaveLength(3);
});

test("a release.json that names the service's kinds is taken", async () => {
  const on = instance(kinds, { processes: { worker: { command: ["bin/jobs"] } } });
  const { launch } = await on.prepare(emptyState, one);
  expect(launch.kinds?.worker?.command).toEqual(["bin/jobs"]);
  expect(on.events).not.toContain("release.kinds.ignored");
});
