import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { bombArchive, memoryArchive } from "../../agent/testing/archive.ts";
import type { Entry } from "../../lib/consul.ts";
import { agentRules } from "../../modules/consul-config/policies.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { execOn, putAgentRules, revokeAgentToken } from "../region/index.ts";
import { makeRelease } from "../web/release.ts";
import { deleteArtifact, putArtifact, putSecret } from "./artifacts.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];
let on: RegionUnderTest;
let good: Deploy;

beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  good = await on.pushed();
});
afterAll(endTestRegion);

const startsAndReleases =
  "systemctl show 'shoestring-web@*' -p Id -p ExecMainStartTimestampMonotonic; readlink /srv/web/processes/*/release";

async function onBoth(script: string): Promise<string> {
  return (await Promise.all(instances.map((name) => on.on(name, "sh", "-c", script)))).join("\n");
}

/** The start time and the release of each process. */
const whatRuns = () => onBoth(startsAndReleases);

/** The same, and the releases on the disks. */
const everything = () => onBoth(`${startsAndReleases}; ls -A /srv/web/releases`);

/** Writes a deploy by hand, as the next one, with a release that differs from the good one. */
async function write(differs: Partial<Deploy["release"]>): Promise<Deploy> {
  const current = await on.deploy();
  const bad: Deploy = {
    ...current,
    kind: "release",
    revision: current.revision + 1,
    at: new Date().toISOString(),
    release: { ...good.release, id: `web-${900 + current.revision}-abcdef0`, ...differs },
  };
  await put(keys.deploy("web"), formatDocument(Deploy, keys.deploy("web"), bad));
  return bad;
}

async function put(key: string, value: string) {
  expect(await on.consul.write([{ verb: "set", key, value }])).toBe(true);
}

const logOf = (instance: string) =>
  on.on(instance, "journalctl", "-u", "shoestring-agent", "-o", "cat", "--no-pager");

/** The number of lines in an agent's log that contain all of these texts. */
const linesWith = async (instance: string, ...texts: string[]) =>
  (await logOf(instance)).split("\n").filter((line) => texts.every((it) => line.includes(it)))
    .length;

/** Waits until each instance's agent has logged this text so many times; once by default. */
const untilLogged = (text: string, times: Readonly<Record<string, number>> = {}) =>
  until(`a line with "${text}" in each log`, async () => {
    const counts = await Promise.all(instances.map((name) => linesWith(name, text)));
    return instances.every((name, i) => (counts[i] ?? 0) >= (times[name] ?? 1));
  });

/** Writes saved entries, in transactions of 64 operations, Consul's limit. */
async function putBack(entries: readonly Entry[]) {
  for (let from = 0; from < entries.length; from += 64) {
    const some = entries.slice(from, from + 64);
    const sets = some.map(({ key, value }) => ({ verb: "set", key, value }) as const);
    expect(await on.consul.write(sets)).toBe(true);
  }
}

/** Both disks end as before. The one that is not the canary may still be fetching. */
const leftAs = (before: string) => expect.poll(everything, { timeout: 30_000 }).toBe(before);

/** Expects that the deploy fails for this reason. */
async function refused(bad: Deploy, why: string) {
  const { phase, instances } = await on.ended(bad);
  expect(phase).toBe("failed");
  const errors = Object.values(instances).map((r) => r.error ?? "");
  expect(errors.join("\n")).toContain(why);
}

describe("an invalid release changes nothing, and the rollout fails with the reason", () => {
  let before: string;
  beforeEach(async () => {
    before = await everything();
  });

  test("a wrong hash", async () => {
    await refused(await write({ sha256: "0".repeat(64) }), "its SHA-256 is");
    await leftAs(before);
  });

  test("a truncated object", async () => {
    const bad = await write({ size: good.release.size + 1 });
    await refused(bad, `it has ${good.release.size} bytes instead of ${good.release.size + 1}`);
    await leftAs(before);
  });

  test("a deleted object, though another version of it has the same content", async () => {
    const archive = await memoryArchive([{ name: "server.js" }]);
    const pinned = await putArtifact(archive);
    const newer = await putArtifact(archive);
    expect(newer).toMatchObject({ url: pinned.url, sha256: pinned.sha256 });
    await deleteArtifact(pinned);
    await refused(await write(pinned), `could not be downloaded from ${pinned.url}: NoSuchVersion`);
    await leftAs(before);
  });

  test.each([
    ["../x", { name: "../x" }, 'has ".." in its path'],
    ["an absolute path", { name: "/etc/x" }, "is an absolute path"],
    [
      "a link that leaves the tree",
      { name: "l", type: "symlink", linkname: "/etc/shadow" },
      "leaves the tree",
    ],
  ] as const)("an archive with %s", async (_, entry, why) => {
    const uploaded = await putArtifact(await memoryArchive([entry]));
    await refused(await write(uploaded), why);
    await leftAs(before);
  });

  test("a zip bomb of 10 GB", async () => {
    const uploaded = await putArtifact(await bombArchive(10));
    await refused(await write(uploaded), "it unpacks to more than 200 times its size");
    await leftAs(before);
  });

  test("no disk space", async () => {
    const starts = await whatRuns();
    // On both: an instance with enough space would roll it.
    await onBoth(
      "mkdir -p /srv/web/releases && mount -t tmpfs -o size=40m tmpfs /mnt && cp -a /srv/web/releases/. /mnt/ && mount --bind /mnt /srv/web/releases",
    );
    try {
      const bad = await write(await putArtifact(await memoryArchive([{ name: "server.js" }])));
      await refused(bad, "the disk has no room");
    } finally {
      await onBoth("umount /srv/web/releases; umount /mnt");
    }
    expect(await whatRuns()).toBe(starts);
  });
});

describe("an invalid document changes nothing and is logged once", () => {
  test.each([
    ["malformed JSON", "{", "it is not JSON"],
    ["an unknown schema", '{"schema":99}', "its schema is 99, this program knows 2"],
    ["an empty key", "", "it is empty"],
  ])("%s", async (_, text, why) => {
    const before = await whatRuns();
    const { found } = await on.consul.get(keys.deploy("web"));
    try {
      await put(keys.deploy("web"), text);
      await untilLogged(why);
      // Wakes the watch again with the same document.
      await put(keys.deploy("web"), text);
      expect(await on.answering()).toEqual([good.release.id]);
      // The agent that ends the previous rollout may read it too, and logs another event.
      const lines = await Promise.all(
        instances.map((name) => linesWith(name, why, "watch.failed")),
      );
      expect(lines).toEqual([1, 1]);
    } finally {
      await put(keys.deploy("web"), found?.value ?? "");
    }
    expect(await whatRuns()).toBe(before);
  });

  test("all of KV is gone, and an agent starts meanwhile", async () => {
    const before = await everything();
    const { found } = await on.consul.list("");
    expect(found.length).toBeGreaterThan(10);
    await on.consul.write([{ verb: "delete-tree", key: "" }]);
    await untilLogged("watch.gone");
    await on.on("web-2", "systemctl", "kill", "--signal=KILL", "shoestring-agent");
    await untilLogged("watch.gone", { "web-2": 2 });
    expect(await on.answering()).toEqual([good.release.id]);
    expect(await everything()).toBe(before);
    // An agent that waited for a leader lock may hold it now; nothing else is written.
    const written = (await on.consul.list("")).found.filter(({ session }) => !session);
    expect(written).toEqual([]);

    await putBack(found);
    const next = await on.pushed();
    expect(await on.answering()).toEqual([next.release.id]);
  });

  test("missing config is not taken for empty config", async () => {
    for (const name of ["A", "B", "C"]) await on.shoestring("config", "set", "web", name, "1");
    expect((await on.shoestring("deploy", "web", good.release.id, "--wait")).code).toBe(0);
    const before = await whatRuns();
    for (const name of ["A", "B", "C"]) await on.shoestring("config", "unset", "web", name);
    const { code, err } = await on.shoestring("restart", "web", "--wait");
    expect(code).toBe(1);
    expect(err).toContain("the config of web lost 3 of its 3 variables (A, B, C)");
    expect(await whatRuns()).toBe(before);
    const accepted = await on.shoestring("restart", "web", "--wait", "--accept-shrunk-config");
    expect(accepted.code).toBe(0);
  });
});

test("an older build than the newest one is refused, recorded, and changes nothing", async () => {
  const { newestSequence } = await on.pushed();
  const folder = await mkdtemp(join(tmpdir(), "shoestring-older-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  makeRelease(folder);
  const push = async (sequence: number, commit: string, ...more: string[]) => {
    const named = ["--sequence", String(sequence), "--commit", commit.repeat(40), ...more];
    const { code } = await on.shoestring("release", "push", folder, "--service", "web", ...named);
    expect(code).toBe(0);
  };
  // The older build arrives after the newer one.
  await push(newestSequence + 2, "b");
  const before = await until("deploy of the newer build", async () => {
    const found = await on.deploy();
    return found.newestSequence === newestSequence + 2 && found;
  });
  expect((await on.ended(before)).phase).toBe("done");
  await push(newestSequence + 1, "a", "--reason", "an older one");
  await until("a record of the refusal", async () => {
    const { found } = await on.consul.list(keys.audits());
    return found.some(({ value }) => value.includes("an older one"));
  });
  expect(await on.deploy()).toEqual(before);
});

describe("a refusal by Consul changes nothing, and the roll continues when it ends", () => {
  test("the instances' token is revoked", async () => {
    const before = await whatRuns();
    await revokeAgentToken(on.region, "web");
    const { code } = await on.shoestring("restart", "web");
    expect(code).toBe(0);
    const desired = await on.deploy();
    await until("a line in the log", async () =>
      (await logOf("web-1")).includes("check the token and its policy"),
    );
    expect(await whatRuns()).toBe(before);
    await putAgentRules(on.region, "web", agentRules(["web"]));
    expect((await on.ended(desired)).phase).toBe("done");
  });

  test("the list of its config is filtered", async () => {
    await on.shoestring("config", "set", "web", "FILTERED", "1");
    expect((await on.shoestring("restart", "web", "--wait")).code).toBe(0);
    const before = await whatRuns();
    const rules = agentRules(["web"]);
    await putAgentRules(
      on.region,
      "web",
      rules.replace('key_prefix "web/" { policy = "list" }', ""),
    );
    await on.shoestring("restart", "web");
    const desired = await on.deploy();
    await until("a line in the log", async () =>
      (await logOf("web-1")).includes("Consul refused to list web/"),
    );
    expect(await whatRuns()).toBe(before);
    await putAgentRules(on.region, "web", rules);
    expect((await on.ended(desired)).phase).toBe("done");
  });
});

test("an unknown release and an unknown service are refused, and the error names the next step", async () => {
  const release = await on.shoestring("rollback", "web", "--to", "web-99999-abcdef0");
  expect(release).toMatchObject({
    code: 1,
    err: expect.stringContaining("there is no release web-99999"),
  });
  const unknown = await on.shoestring("restart", "nosuch");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain("local has no service nosuch: it has web");
  const pushed = await on.shoestring("release", "push", ".", "--service", "wbe");
  expect(pushed.code).toBe(1);
  expect(pushed.err).toContain("local has no service wbe: it has web");
  expect(pushed.err).toContain("unchanged: nothing was uploaded");
  expect(await on.consul.names(keys.deploys())).toEqual(["web"]);
  // The cluster's file alone makes the service known, before there is a deploy or an instance.
  expect(await on.consul.names(keys.services())).toEqual(["web"]);
});

/** Files and processes in which another user can read this text. */
async function readableByOthers(instance: string, text: string): Promise<string[]> {
  const places = "/srv /etc /var /run /opt /tmp /home /proc/[0-9]*/cmdline /proc/[0-9]*/environ";
  // The brackets keep the search from finding itself.
  const search = `grep -rlas '[${text[0]}]${text.slice(1)}' ${places}`;
  const asNobody = ["su", "-s", "/bin/sh", "nobody", "-c", search];
  const { stdout } = await execOn(on.region, instance, asNobody);
  return stdout.split("\n").filter((line) => line !== "");
}

/** All command lines that each instance ran during the act. */
async function commandLinesDuring(act: () => Promise<void>): Promise<string[]> {
  const end = "/run/enough";
  const look = `while [ ! -e ${end} ]; do ps axww -o args; sleep 0.05; done | sort -u; rm ${end}`;
  const looks = instances.map((name) =>
    execOn(on.region, name, ["sh", "-c", look], { timeoutMs: 100_000 }),
  );
  await act().finally(() => onBoth(`touch ${end}`));
  return (await Promise.all(looks)).map(({ stdout }) => stdout);
}

test("the value of a secret is in no log, no process list, and no file that another user reads", async () => {
  const canary = `canary-${randomBytes(12).toString("hex")}`;
  await putSecret("/shoestring/local/web/password", canary);
  await on.shoestring("config", "set", "web", "PASSWORD", "ssm:/shoestring/local/web/password");
  let printed = "";
  const commandLines = await commandLinesDuring(async () => {
    const { code, err, out } = await on.shoestring("restart", "web", "--wait");
    expect([code, err]).toEqual([0, expect.any(String)]);
    printed = out + err;
  });
  for (const seen of commandLines) {
    expect(seen).toContain("aws.js resolve"); // the program that reads the secret was seen
    expect(seen).not.toContain(canary);
  }
  for (const instance of instances) {
    const env = await on.on(instance, "sh", "-c", "cat /srv/web/processes/*/env");
    expect(env).toContain(canary); // the process has it
    const logs =
      "journalctl --no-pager -a -o cat; cat /var/log/*.log /var/log/nginx/*; systemctl show 'shoestring-web@*'";
    const logged = await on.on(instance, "sh", "-c", logs);
    expect(logged).toContain("deploy.ended");
    expect(logged).not.toContain(canary);

    const planted = "/var/lib/planted";
    const plant = `printf '\\0%s' ${canary} > ${planted} && chmod 644 ${planted}`;
    await on.on(instance, "sh", "-c", plant);
    expect(await readableByOthers(instance, canary)).toEqual([planted]); // the search works
    await on.on(instance, "rm", planted);
    expect(await readableByOthers(instance, canary)).toEqual([]);
  }
  const kv = (await on.consul.list("")).found.map(({ value }) => value).join("\n");
  expect(kv + printed).not.toContain(canary);
  const files = readdirSync(on.region.path("logs")).map((name) => on.region.path("logs", name));
  const regionLogs = files.map((file) => readFileSync(file, "utf8")).join("\n");
  expect(regionLogs).toContain(good.release.id);
  expect(regionLogs).not.toContain(canary);
});
