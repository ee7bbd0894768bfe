import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { redeployAgent } from "../dev/redeploy-agent.ts";
import { client } from "../load/client.ts";
import { openWebsocket } from "../load/websocket.ts";
import { endTestRegion, type RegionUnderTest } from "./region-under-test.ts";
import { instances, mostCut, type RollUnderTest, rollUnderTest } from "./roll-under-test.ts";
import { until } from "./until.ts";

afterAll(endTestRegion);

describe.each(["overlap", "in-place"] as const)("%s, under load, loses no request", (strategy) => {
  let roll: RollUnderTest;
  let on: RegionUnderTest;

  beforeAll(async () => {
    roll = await rollUnderTest(strategy);
    on = roll.on;
  });

  test("across four releases", async () => {
    await roll.losesNothing(async () => {
      for (let i = 0; i < 4; i += 1) roll.good = await on.pushed();
    });
    expect(await on.answering()).toEqual([roll.good.release.id]);
  });

  test("across a restart that takes a new config, and a config change alone restarts nothing", async () => {
    const candidate = client(on.url, on.host);
    const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
    const greeting = async () => (await candidate.json("/config?name=GREETING")).sha256;
    const value = `hello "${strategy}"\nand \\ $more`;
    await roll.losesNothing(async () => {
      const before = await greeting();
      expect((await on.shoestring("config", "set", "web", "GREETING", value)).code).toBe(0);
      expect(await greeting()).toBe(before);
      const { code, err } = await on.shoestring("restart", "web", "--wait", "--timeout", "60");
      expect([code, err.split("\n").at(-1)]).toEqual([0, expect.stringContaining("done")]);
      for (let i = 0; i < 12; i += 1) expect(await greeting()).toBe(hashOf(value));
    });
  });

  test("when a release answers 500", () => roll.refuses({ pingStatus: 500 }, "it answered 500"));
  test("with a request of 10 s in flight, and a WebSocket is cut at the bound and reported", async () => {
    const seen = await on.underLoad(async () => {
      const requests = Array.from({ length: 4 }, () =>
        client(on.url, on.host).get("/slow?ms=10000"),
      );
      const socket = await openWebsocket(on.url, on.host);
      const old = roll.good.release.id;
      roll.good = await on.push();
      const end = await on.ended(roll.good);
      expect(end.phase).toBe("done");
      // The process that accepted a request answers it, because its drain waits for it.
      for (const request of requests) {
        expect(await request).toMatchObject({ error: undefined, release: old });
      }
      expect(await on.answering()).toEqual([roll.good.release.id]);
      await socket.ended;
      const cut = Object.values(end.instances).map((r) => r.connectionsCut);
      expect(cut.reduce((a, b) => a + b, 0)).toBe(1);
    });
    expect(seen.errors).toEqual({});
  });

  test("when the agent is killed in the middle of a roll", async () => {
    const seen = await on.underLoad(async () => {
      roll.good = await on.push();
      const killed: string[] = [];
      while (killed.length < instances.length) {
        const instance = await roll.rolling(roll.good, killed);
        await on.on(instance, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
        killed.push(instance);
      }
      expect((await on.ended(roll.good)).phase).toBe("done");
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([roll.good.release.id]);
  });

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
        expect(before.match(/^MainPID=[1-9]/gm)).toHaveLength(roll.processes);
        await change(instance);
        await until("a settled agent that has read the deploy", async () =>
          (await roll.agentLog(instance)).some((line) =>
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

  test("when a second deploy arrives in the middle of the first, and both instances end on the newest", async () => {
    await roll.losesNothing(async () => {
      const first = await on.push({ bootMs: 1500 }); // long enough to be in the middle of it
      await roll.rolling(first);
      roll.good = await on.push();
      expect((await on.ended(roll.good)).phase).toBe("done");
      const left = await until("an instance that left the first", async () => {
        const { phase, instances: reports = {} } = (await on.rollout(first)) ?? {};
        expect(phase).not.toBe("done");
        const all = Object.values(reports);
        expect(all.flatMap(({ error }) => error ?? [])).toEqual([]);
        return all.find((report) => report.phase === "superseded");
      });
      // It finished the process under way before it left; the old one may still retire.
      const phases = Object.values(left.processes).map((process) => process.phase);
      expect(phases).toHaveLength(roll.processes);
      for (const phase of phases) expect(["serving", "draining", "stopping"]).toContain(phase);
    });
    expect(await on.answering()).toEqual([roll.good.release.id]);
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
        (await roll.agentLog("web-1")).find(
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
