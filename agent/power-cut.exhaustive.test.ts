import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryConsul } from "../lib/testing/memory-consul.ts";
import type { Deploy, Drain } from "../protocol/documents.ts";
import { processNumbers } from "../protocol/service-file.ts";
import type { PlaceContents } from "./core/effects.ts";
import { openJournal } from "./core/state.ts";
import { prepare } from "./deploy/prepare.ts";
import { drainFile } from "./linux/drain-file.ts";
import { diskFiles, type Files, writeFileSafely } from "./linux/files.ts";
import { stateFile } from "./linux/state-file.ts";
import { tokenFile } from "./linux/token-file.ts";
import { fetchRelease } from "./release/fetch.ts";
import { folderStore } from "./release/store.ts";
import { recover } from "./roll/converge.ts";
import { silentProgress } from "./roll/progress.ts";
import { Retirements } from "./roll/retirements.ts";
import { rollInstance } from "./roll/roll.ts";
import { memoryArchive } from "./testing/archive.ts";
import { aDeploy, aService, silentLog } from "./testing/builders.ts";
import { healthOf } from "./testing/health-of.ts";
import { lossyDisk } from "./testing/lossy-disk/index.ts";
import type { SimulatedClock } from "./testing/simulated-clock.ts";
import { simulatedMachine } from "./testing/simulated-machine/index.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "shoestring-power-cut-"));
});
afterEach(() => rm(root, { recursive: true }));

const service = aService({ processes: 1, keepReleases: 2 });

/** The test's own disk: it is never cut, and need not wait for its syncs. */
const files: Files = {
  ...diskFiles,
  write: (path, content, mode, how) =>
    diskFiles.write(path, content, mode, how === "new" ? how : undefined),
  sync: async () => {},
};

/** Time passes by itself, so that no sleep holds up work that waits for the disk. */
function eagerClock(): SimulatedClock {
  let ms = 0;
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + ms),
    monotonicMs: () => ms,
    async sleep(more) {
      ms += more;
      await setImmediate();
    },
    sleepers: () => 0,
    forgetSleepers() {},
    run: (work) => work,
  };
}

const programOf = (release: string) => `serve ${release}`;

const archives = new Map<number, Buffer>();

/** A build's archive, with a file, an executable, a folder and a link. */
async function archiveOf(sequence: number): Promise<Buffer> {
  const { release } = aDeploy(sequence);
  const known = archives.get(sequence);
  if (known) return known;
  const archive = await memoryArchive([
    { name: "bin/start", mode: 0o755, content: "start" },
    { name: "latest", type: "symlink", linkname: "server.js" },
    { name: "server.js", content: programOf(release.id) },
  ]);
  archives.set(sequence, archive);
  return archive;
}

/** A deploy of a build, with its archive. */
async function deployOf(sequence: number, differs: Partial<Deploy> = {}) {
  const { release } = aDeploy(sequence);
  const archive = await archiveOf(sequence);
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const deploy = aDeploy(sequence, {
    release: { ...release, sha256, size: archive.length },
    ...differs,
  });
  return { deploy, archive };
}

type DesiredDeploy = Awaited<ReturnType<typeof deployOf>>;

/** An agent right after its start, on a machine that just booted with this disk. */
async function boot(files: Files, sync: () => Promise<void>) {
  const clock = eagerClock();
  const machine = simulatedMachine({ service, clock });
  const consul = memoryConsul();
  let archive: Buffer = Buffer.alloc(0);
  const store = folderStore({
    ...{ service, root, files, log: silentLog },
    fetch: (input) =>
      fetchRelease({
        ...input,
        ...{ files, sync, sleep: clock.sleep },
        open: async () => Readable.from([archive]),
      }),
  });
  for (const [place, contents] of await placesOnDisk()) await machine.store.stage(place, contents);
  const journal = await openJournal(stateFile(join(root, "state.json"), files));
  const context = {
    ...{ ...machine, service, clock, journal, log: silentLog },
    health: healthOf(machine, { service, journal, clock }),
    store: {
      ...store,
      async stage(...args: Parameters<typeof store.stage>) {
        await store.stage(...args);
        await machine.store.stage(...args);
      },
    },
    ...silentProgress,
    retirements: new Retirements(),
  };
  await recover(context, processNumbers(service));
  return {
    /** The release and the environment that the only process serves, as the disk has them. */
    serving() {
      const [release = ""] = machine.serving();
      if (release === "out") return release;
      const program = readFileSync(join(root, "releases", release, "latest"), "utf8");
      expect(program).toBe(programOf(release));
      return `${release} ${machine.environments()[0]}`;
    },
    async deploy({ deploy, archive: bytes }: DesiredDeploy, greeting: string) {
      archive = bytes;
      consul.put("web/GREETING", greeting);
      await journal.change(({ ended: _, ...state }) => ({ ...state, deploy }));
      const on = { consul, store, log: silentLog, secrets: async () => new Map() };
      const target = await prepare(on, journal.current(), deploy, new AbortController().signal);
      await rollInstance(
        context,
        target,
        async () => "go on",
        () => {},
      );
      const { serving, servedWith = {} } = journal.current();
      await store.prune({
        releases: new Set(Object.values(serving).map((it) => it.release)),
        environments: new Set(Object.values(servedWith)),
        releaseCount: service.keepReleases,
      });
    },
  };
}

/** The places that systemd could start: none if a part of a place is missing. */
async function placesOnDisk() {
  const processes = join(root, "processes");
  const names = (await readdir(processes).catch(() => [])).filter((name) => /^\d+[ab]$/.test(name));
  return names.flatMap((name) => {
    const place = { n: Number(name.slice(0, -1)), side: name.slice(-1) as "a" | "b" };
    try {
      const releaseId = readlinkSync(join(processes, name, "release"))
        .split("/")
        .at(-1) as string;
      const lines = readFileSync(join(processes, name, "env"), "utf8")
        .trimEnd()
        .split("\n");
      const environment = Object.fromEntries(
        lines.map((line) => line.replaceAll('"', "").split("=") as [string, string]),
      );
      const command = [readFileSync(join(processes, name, "run"), "utf8")];
      if (!environment.SHOESTRING_RELEASE || !command[0]) return [];
      return [[place, { releaseId, command, environment }] as [typeof place, PlaceContents]];
    } catch {
      return [];
    }
  });
}

/** Cuts the power after each step of some work, with every possible loss, and checks the result. */
async function cutEverywhere(
  disk: ReturnType<typeof lossyDisk>,
  look: (how: string) => Promise<void>,
): Promise<void> {
  const steps = disk.steps();
  let disks = 0;
  for (let cut = 0; cut <= steps.length; cut += 1) {
    for (const tree of disk.after(cut)) {
      disk.restore(tree);
      disks += 1;
      const how = `cut after step ${cut} (${steps[cut - 1] ?? "nothing"})`;
      await look(how).catch((error) => {
        throw new Error(`${how}: ${error.stack}`);
      });
    }
  }
  console.log(`${expect.getState().currentTestName}: ${steps.length} steps, ${disks} disks`);
  expect(disks).toBeGreaterThan(steps.length);
}

test("an instance serves, deploys and rolls back after a power cut at any step of a deploy, a restart or a rollback", {
  timeout: 300_000,
}, async () => {
  const [one, two, three] = [await deployOf(1), await deployOf(2), await deployOf(3)];
  const restart = await deployOf(2, { revision: 4, kind: "restart" });
  const back = await deployOf(2, { revision: 5, kind: "rollback" });
  const disk = lossyDisk(files, root);
  const syncNothing = async () => {};
  const agent = await boot(disk.files, disk.syncAll);
  await agent.deploy(one, "hello 1");
  await agent.deploy(two, "hello 2");
  await disk.syncAll();
  disk.forgetChanges();
  await agent.deploy(three, "hello 3"); // fetches, and prunes release 1
  await agent.deploy(back, "unread");
  await agent.deploy({ ...restart, deploy: { ...restart.deploy, revision: 6 } }, "hello 4");

  const [id2, id3] = [two.deploy.release.id, three.deploy.release.id];
  const whole = [`${id2} hello 2`, `${id3} hello 3`, `${id2} hello 4`];
  await cutEverywhere(disk, async () => {
    const after = await boot(files, syncNothing);
    expect(whole).toContain(after.serving());
    await after.deploy(await deployOf(3, { revision: 7 }), "hello 7");
    expect(after.serving()).toBe(`${id3} hello 7`);
    await after.deploy(await deployOf(2, { revision: 8, kind: "rollback" }), "unread");
    expect([`${id2} hello 2`, `${id2} hello 4`]).toContain(after.serving());
  });
});

test("a drain or a token is the old one or the new one after a power cut at any step of its write", async () => {
  const disk = lossyDisk(files, root);
  const paths = { drain: join(root, "drain.json"), token: join(root, "token") };
  const drain = {
    schema: 2,
    by: "a",
    reason: "1",
    at: aDeploy(1).at,
    until: aDeploy(2).at,
  } as Drain;
  const keep = async (n: string) => {
    await drainFile(paths.drain, disk.files).write({ ...drain, reason: n });
    await tokenFile(paths.token, disk.files).write(`token ${n}`);
  };
  await keep("1");
  disk.forgetChanges();
  await keep("2");
  await cutEverywhere(disk, async () => {
    expect(["1", "2"]).toContain((await drainFile(paths.drain).read())?.reason);
    expect(["token 1", "token 2"]).toContain(await tokenFile(paths.token).read());
  });
});

test("the model of the disk loses unsynced data: it detects careless writes", async () => {
  const disk = lossyDisk(files, root);
  const path = join(root, "state.json");
  await writeFileSafely(path, "old", 0o600, disk.files);
  disk.forgetChanges();
  await disk.files.write(`${path}.new`, "new", 0o600);
  await disk.files.rename(`${path}.new`, path);
  const found = new Set<string>();
  await cutEverywhere(disk, async () => void found.add(await readFile(path, "utf8")));
  expect([...found].sort()).toEqual(["", "n", "new", "old"]);
});
