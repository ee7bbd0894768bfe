import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { local } from "../../clusters/local.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { redeployAgent } from "../dev/redeploy-agent.ts";
import { type CapacitySampler, sampleCapacity } from "../load/capacity.ts";
import { client } from "../load/client.ts";
import { openWebsocket } from "../load/websocket.ts";
import { rebootInstance, startConsulAgain, stopConsul, waitBooted } from "../region/index.ts";
import {
  endTestRegion,
  type RegionUnderTest,
  regionUnderTest,
  requestsPerSecond,
} from "./region-under-test.ts";
import { rollingReports } from "./rolling-watch.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];

/**
 * A flush also removes the kernel's address translation of open connections, so requests in flight
 * at that moment are cut. Before the agent listened on the front ports, those that came until the
 * repair were lost, too: 4 to 6 in all.
 */
const mostCut = 3;

afterAll(endTestRegion);

describe.each(["overlap", "in-place"] as const)("%s, under load, loses no request", (strategy) => {
  // In place each process is a batch of its own; with two, the tests stay quick.
  const processes = strategy === "overlap" ? 3 : 2;
  let on: RegionUnderTest;
  let good: Deploy;

  beforeAll(async () => {
    // In place, tests look at a process that takes 5 s to stop.
    const stopTimeoutSeconds = strategy === "overlap" ? 2 : 7;
    on = await regionUnderTest({ strategy, processes, stopTimeoutSeconds });
    good = await on.pushed();
    await on.healthy(instances);
  });

  /** Waits for an instance that rolls; either may be the first. */
  const rolling = (deploy: Deploy, except: readonly string[] = []) =>
    until(`roll of revision ${deploy.revision}`, async () => {
      const prefix = keys.rolloutInstances("web", deploy.revision);
      const reports = await rollingReports(on.consul, prefix);
      return reports.find(({ instance }) => !except.includes(instance))?.instance;
    });

  const mainPid = async (instance: string, unit: string) =>
    (await on.on(instance, "systemctl", "show", unit, "--property=MainPID", "--value")).trim();
  /** The log of the running agent. */
  async function agentLog(instance: string): Promise<Record<string, unknown>[]> {
    const invocation = await on.on(
      ...[instance, "systemctl", "show", "shoestring-agent", "--property=InvocationID", "--value"],
    );
    const lines = await on.on(
      ...[instance, "journalctl", "--output=cat", "--no-pager"],
      `_SYSTEMD_INVOCATION_ID=${invocation.trim()}`,
    );
    return lines
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  }

  /** Rolls under load; expects no loss, and no more processes out than the strategy allows. */
  async function rollsUnderLoad(work: () => Promise<void>) {
    const { basePort, ping } = local.services.web;
    const samplers: CapacitySampler[] = [];
    try {
      for (const instance of instances) {
        samplers.push(await sampleCapacity(on.region, instance, { basePort, ping, processes }));
      }
      const from = Date.now();
      const seen = await on.underLoad(work);
      expect(seen.errors).toEqual({});
      const least = Math.min(...samplers.map((sampler) => sampler.least(from)));
      // In place a process is out for longer than the time between two samples, so they see it.
      expect(least).toBe(strategy === "overlap" ? processes : processes - 1);
      return seen;
    } finally {
      for (const sampler of samplers) sampler.stop();
    }
  }

  /** Expects that a bad release fails, and that only the last good one answers. */
  async function refuses(behaviour: Parameters<RegionUnderTest["push"]>[0], why: string) {
    const seen = await rollsUnderLoad(async () => {
      const bad = await on.push(behaviour);
      const { phase, instances: reports } = await on.ended(bad);
      expect(phase).toBe("failed");
      const failed = Object.values(reports).filter((r) => r.phase === "failed");
      expect(failed).toHaveLength(1);
      expect(failed[0]?.error).toContain(why);
      expect(await on.answering()).toEqual([good.release.id]);
    });
    expect(Object.keys(seen.releases)).toEqual([good.release.id]);
  }

  test("across four releases", async () => {
    await rollsUnderLoad(async () => {
      for (let i = 0; i < 4; i += 1) good = await on.pushed();
    });
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("across a restart that takes a new config, and a config change alone restarts nothing", async () => {
    const candidate = client(on.url, on.host);
    const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
    const greeting = async () => (await candidate.json("/config?name=GREETING")).sha256;
    const value = `hello "${strategy}"\nand \\ $more`;
    await rollsUnderLoad(async () => {
      const before = await greeting();
      expect((await on.shoestring("config", "set", "web", "GREETING", value)).code).toBe(0);
      expect(await greeting()).toBe(before);
      const { code, err } = await on.shoestring("restart", "web", "--wait", "--timeout", "60");
      expect([code, err.split("\n").at(-1)]).toEqual([0, expect.stringContaining("done")]);
      for (let i = 0; i < 12; i += 1) expect(await greeting()).toBe(hashOf(value));
    });
  });

  test("when a release exits at start", () =>
    refuses({ exitAtStart: 7 }, "it exited with status 7"));
  test("when a release never answers", () =>
    refuses({ neverAnswer: true }, "after 6 s, GET /ping"));
  test("when a release answers 500", () => refuses({ pingStatus: 500 }, "it answered 500"));
  test("when a release answers with the id of the old one", () =>
    refuses({ claimRelease: good.release.id }, `it answered as release ${good.release.id}`));

  test("when the old process ignores SIGTERM and is killed after the stop timeout", async () => {
    const seen = await on.underLoad(async () => {
      await on.pushed({ ignoreSigterm: true });
      good = await on.pushed();
    });
    expect(seen.errors).toEqual({});
    expect((await on.shoestring("status", "web")).out).toMatch(
      new RegExp(`web-1: ${processes} processes were killed after \\d+ s: they had not stopped`),
    );
    const left = await on.on(
      "web-1",
      "systemctl",
      "list-units",
      "--plain",
      "--no-legend",
      "shoestring-web@*",
    );
    expect(left.trim().split("\n")).toHaveLength(processes);
  });

  test("when a release needs 5 s to boot", async () => {
    const seen = await on.underLoad(async () => {
      good = await on.pushed({ bootMs: 5000 });
    });
    expect(seen.errors).toEqual({});
  });

  test("with a request of 10 s in flight, and a WebSocket is cut at the bound and reported", async () => {
    const seen = await on.underLoad(async () => {
      const requests = Array.from({ length: 4 }, () =>
        client(on.url, on.host).get("/slow?ms=10000"),
      );
      const socket = await openWebsocket(on.url, on.host);
      const old = good.release.id;
      good = await on.push();
      const end = await on.ended(good);
      expect(end.phase).toBe("done");
      // The process that accepted a request answers it, because its drain waits for it.
      for (const request of requests) {
        expect(await request).toMatchObject({ error: undefined, release: old });
      }
      expect(await on.answering()).toEqual([good.release.id]);
      await socket.ended;
      const cut = Object.values(end.instances).map((r) => r.connectionsCut);
      expect(cut.reduce((a, b) => a + b, 0)).toBe(1);
    });
    expect(seen.errors).toEqual({});
  });

  test("when the agent is killed in the middle of a roll", async () => {
    const seen = await on.underLoad(async () => {
      good = await on.push();
      const killed: string[] = [];
      while (killed.length < instances.length) {
        const instance = await rolling(good, killed);
        await on.on(instance, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
        killed.push(instance);
      }
      expect((await on.ended(good)).phase).toBe("done");
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([good.release.id]);
  });

  /** Pushes a deploy, and returns while a process of an instance takes 5 s to stop. */
  async function stopping() {
    const deploy = await on.push();
    const instance = await rolling(deploy);
    await until("a process on its way down", async () => {
      const states = [
        "list-units",
        "--plain",
        "--no-legend",
        "--state=deactivating",
        "shoestring-web@*",
      ];
      return (await on.on(instance, "systemctl", ...states)).trim() !== "";
    });
    return { deploy, instance };
  }

  /** Expects that every process of an instance runs, and no other. */
  async function runsAll(instance: string) {
    const units = ["list-units", "--plain", "--no-legend", "--state=running", "shoestring-web@*"];
    const running = await on.on(instance, "systemctl", ...units);
    expect(running.trim().split("\n")).toHaveLength(processes);
  }

  test.runIf(strategy === "in-place")(
    "when the agent is killed while a process stops for 5 s",
    async () => {
      good = await on.pushed({ stopMs: 5000 });
      const seen = await on.underLoad(async () => {
        const { deploy, instance } = await stopping();
        await on.on(instance, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
        // Five stops of 5 s in a row, and the watch.
        expect((await on.ended(deploy, 100)).phase).toBe("done");
        good = deploy;
        for (const name of instances) await runsAll(name);
      });
      expect(seen.errors).toEqual({});
      expect(await on.answering()).toEqual([good.release.id]);
    },
  );

  test.runIf(strategy === "in-place")(
    "except those in flight, when the ruleset is flushed while a front port is closed: it stays closed",
    async () => {
      good = await on.pushed({ stopMs: 5000 });
      let repairedMs = 0;
      const seen = await on.underLoad(async () => {
        const { deploy, instance } = await stopping();
        const from = Date.now();
        await on.on(instance, "nft", "flush", "ruleset");
        const drained = await until("repaired table", () =>
          on.on(instance, "nft", "list", "set", "inet", "shoestring", "closed"),
        );
        repairedMs = Date.now() - from;
        expect(drained).toMatch(/elements = \{ \d+ timeout/);
        expect((await on.ended(deploy)).phase).toBe("done");
        good = deploy;
      });
      expect(repairedMs).toBeLessThan(2000);
      expect(seen.lost).toBeLessThanOrEqual(mostCut);
      console.log(
        `ruleset flushed with a closed front: repaired after ${repairedMs} ms, ${seen.lost} of ${seen.requests} lost`,
      );
    },
  );

  const restart = (instance: string) => on.on(instance, "systemctl", "restart", "shoestring-agent");
  async function upgrade(instance: string) {
    const bundle = mkdtempSync(join(tmpdir(), "shoestring-agent-"));
    onTestFinished(() => rmSync(bundle, { recursive: true }));
    cpSync(on.region.path("build", "agent"), bundle, { recursive: true });
    appendFileSync(join(bundle, "agent.js"), "// another version\n");
    await redeployAgent(on.region, [instance], bundle);
  }
  test.each([
    ["restarted", restart],
    ["upgraded", upgrade],
  ])("when the agent is %s, and no process is restarted", async (_, change) => {
    const processesOf = (instance: string) =>
      on.on(
        ...[instance, "systemctl", "show", "shoestring-web@*"],
        "--property=Id,MainPID,ExecMainStartTimestampMonotonic,NRestarts",
      );
    const { revision } = await on.deploy();
    const seen = await on.underLoad(async () => {
      for (const instance of instances) {
        const before = await processesOf(instance);
        expect(before.match(/^MainPID=[1-9]/gm)).toHaveLength(processes);
        await change(instance);
        await until("a settled agent that has read the deploy", async () =>
          (await agentLog(instance)).some((line) =>
            isDeepStrictEqual(
              [line.event, line.revision, line.act],
              ["deploy.read", revision, "nothing"],
            ),
          ),
        );
        expect(await processesOf(instance)).toBe(before);
      }
    });
    expect(seen.errors).toEqual({});
  });

  test.each(["the same instance", "the other instance"])(
    "except those inside it, when a process of %s crashes during a roll",
    async (where) => {
      const isSame = where === "the same instance";
      let outMs = 0;
      const seen = await on.underLoad(async () => {
        const deploy = await on.push({ bootMs: 1500 }); // the one that crashes has not rolled yet
        const first = await rolling(deploy);
        const instance = instances.find((name) => (name === first) === isSame) as string;
        const ofUnit = (...command: string[]) => on.on(instance, "systemctl", ...command);
        const units = await ofUnit(
          "list-units",
          "--plain",
          "--no-legend",
          `shoestring-web@${processes}*`,
        );
        const unit = units.split(" ")[0] as string;
        const place = unit.slice("shoestring-web@".length, -".service".length);
        const release = () => on.on(instance, "readlink", `/srv/web/processes/${place}/release`);
        const before = await release();
        const from = Date.now();
        await ofUnit("kill", "--signal=KILL", unit);
        await until("a restart", async () =>
          /^NRestarts=1$/m.test(await ofUnit("show", unit, "--property=NRestarts")),
        );
        expect(await release()).toBe(before);
        await until("a process that listens again", async () =>
          (await on.on(instance, "ss", "-Hltnp")).includes(`pid=${await mainPid(instance, unit)},`),
        );
        outMs = Date.now() - from;
        expect((await on.ended(deploy)).phase).toBe("done");
        good = deploy;
      });
      // In place, with one of two processes out for its roll, the instance has no process left.
      const nobodyLeftMs = strategy === "in-place" && isSame ? outMs : 0;
      // Only requests inside the killed process are lost.
      expect(seen.lost).toBeLessThanOrEqual(3 + (requestsPerSecond * nobodyLeftMs) / 1000);
    },
  );

  test("when Consul stops during a roll and comes back", async () => {
    const seen = await on.underLoad(async () => {
      good = await on.push();
      await rolling(good);
      await stopConsul(on.region);
      await new Promise((resolve) => setTimeout(resolve, 3000)); // the outage itself
      await startConsulAgain(on.region);
      expect((await on.ended(good)).phase).toBe("done");
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("when a second deploy arrives in the middle of the first, and both instances end on the newest", async () => {
    await rollsUnderLoad(async () => {
      const first = await on.push({ bootMs: 1500 }); // long enough to be in the middle of it
      await rolling(first);
      good = await on.push();
      expect((await on.ended(good)).phase).toBe("done");
      const left = await until("an instance that left the first", async () => {
        const { phase, instances: reports = {} } = (await on.rollout(first)) ?? {};
        expect(phase).not.toBe("done");
        const all = Object.values(reports);
        expect(all.flatMap(({ error }) => error ?? [])).toEqual([]);
        return all.find((report) => report.phase === "superseded");
      });
      // It finished the process under way before it left.
      const phases = Object.values(left.processes).map((process) => process.phase);
      expect(phases).toEqual(Array(processes).fill("serving"));
    });
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("when an instance reboots", async () => {
    const seen = await on.underLoad(async () => {
      await rebootInstance(on.region, "web-2");
      await waitBooted(on.region, "web-2", () => {});
      await on.healthy(instances);
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("except those in flight, when the ruleset is flushed: it is repaired, and the outage is logged", async () => {
    let repairedMs = 0;
    const seen = await on.underLoad(async () => {
      const from = Date.now();
      await on.on("web-1", "nft", "flush", "ruleset");
      const flushedAt = Date.now();
      await until("repaired table", async () =>
        (await on.on("web-1", "nft", "list", "table", "inet", "shoestring")).includes("redirect"),
      );
      repairedMs = Date.now() - from;
      const { since } = await until("a logged outage", async () =>
        (await agentLog("web-1")).find(
          ({ event, noticed }) => event === "gate.outage" && Date.parse(String(noticed)) >= from,
        ),
      );
      expect(Date.parse(String(since))).toBeLessThanOrEqual(flushedAt);
    });
    expect(repairedMs).toBeLessThan(2000);
    expect(seen.lost).toBeLessThanOrEqual(mostCut);
    console.log(
      `ruleset flushed: repaired after ${repairedMs} ms, ${seen.lost} of ${seen.requests} lost`,
    );
  });
});
