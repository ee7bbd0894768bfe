import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Deploy } from "../../protocol/documents.ts";
import { rebootInstance, startConsulAgain, stopConsul, waitBooted } from "../region/index.ts";
import { endTestRegion, type RegionUnderTest, requestsPerSecond } from "./region-under-test.ts";
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

  const mainPid = async (instance: string, unit: string) =>
    (await on.on(instance, "systemctl", "show", unit, "--property=MainPID", "--value")).trim();

  test("when a release exits at start", () =>
    roll.refuses({ exitAtStart: 7 }, "it exited with status 7"));
  test("when a release never answers", () =>
    roll.refuses({ neverAnswer: true }, "after 6 s, GET /ping"));
  test("when a release answers with the id of the old one", () =>
    roll.refuses(
      { claimRelease: roll.good.release.id },
      `it answered as release ${roll.good.release.id}`,
    ));

  test("when the old process ignores SIGTERM and is killed after the stop timeout", async () => {
    const seen = await on.underLoad(async () => {
      await on.pushed({ ignoreSigterm: true });
      roll.good = await on.pushed();
    });
    expect(seen.errors).toEqual({});
    expect((await on.shoestring("status", "web")).out).toMatch(
      new RegExp(
        `web-1: ${roll.processes} processes were killed after \\d+ s: they had not stopped`,
      ),
    );
    const left = await on.on(
      "web-1",
      "systemctl",
      "list-units",
      "--plain",
      "--no-legend",
      "shoestring-web@*",
    );
    expect(left.trim().split("\n")).toHaveLength(roll.processes);
  });

  test("when a release needs 5 s to boot", async () => {
    const seen = await on.underLoad(async () => {
      roll.good = await on.pushed({ bootMs: 5000 });
    });
    expect(seen.errors).toEqual({});
    roll.good = await on.pushed(); // the next tests want one that boots at once
  });

  test.each(["the same instance", "the other instance"])(
    "except those inside it, when a process of %s crashes during a roll",
    async (where) => {
      const isSame = where === "the same instance";
      let outMs = 0;
      const seen = await on.underLoad(async () => {
        const deploy = await on.push({ bootMs: 1500 }); // the one that crashes has not rolled yet
        const first = await roll.rolling(deploy);
        const instance = instances.find((name) => (name === first) === isSame) as string;
        const ofUnit = (...command: string[]) => on.on(instance, "systemctl", ...command);
        const units = await ofUnit(
          "list-units",
          "--plain",
          "--no-legend",
          `shoestring-web@${roll.processes}*`,
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
        roll.good = deploy;
      });
      // In place, with one of two processes out for its roll, the instance has no process left.
      const nobodyLeftMs = strategy === "in-place" && isSame ? outMs : 0;
      // Only requests inside the killed process are lost.
      expect(seen.lost).toBeLessThanOrEqual(3 + (requestsPerSecond * nobodyLeftMs) / 1000);
    },
  );

  test("when Consul stops during a roll and comes back", async () => {
    const seen = await on.underLoad(async () => {
      roll.good = await on.push();
      await roll.rolling(roll.good);
      await stopConsul(on.region);
      await new Promise((resolve) => setTimeout(resolve, 3000)); // the outage itself
      await startConsulAgain(on.region);
      expect((await on.ended(roll.good)).phase).toBe("done");
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([roll.good.release.id]);
  });

  test("when an instance reboots", async () => {
    const seen = await on.underLoad(async () => {
      await rebootInstance(on.region, "web-2");
      await waitBooted(on.region, "web-2", () => {});
      await on.healthy(instances);
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([roll.good.release.id]);
  });
});

describe("in-place, under load, with processes that take 5 s to stop, loses no request", () => {
  let roll: RollUnderTest;
  let on: RegionUnderTest;

  beforeAll(async () => {
    roll = await rollUnderTest("in-place");
    on = roll.on;
    roll.good = await on.pushed({ stopMs: 5000 });
  });

  /** Units of the service on an instance, in a state of systemd's. */
  async function units(instance: string, state: string): Promise<readonly string[]> {
    const list = ["list-units", "--plain", "--no-legend", `--state=${state}`, "shoestring-web@*"];
    const lines = await on.on(instance, "systemctl", ...list);
    return lines.split("\n").filter((line) => line.trim() !== "");
  }

  /** Pushes a deploy, and returns while a process of an instance stops. */
  async function stopping(): Promise<{ deploy: Deploy; instance: string }> {
    const deploy = await on.push({ stopMs: 5000 });
    const instance = await roll.rolling(deploy);
    const state = async () => (await units(instance, "deactivating")).length > 0;
    await until("a process on its way down", state);
    return { deploy, instance };
  }

  test("when the agent is killed while a process stops for 5 s", async () => {
    const seen = await on.underLoad(async () => {
      const { deploy, instance } = await stopping();
      await on.on(instance, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
      // Five stops of 5 s in a row, and the watch.
      expect((await on.ended(deploy, 100)).phase).toBe("done");
      roll.good = deploy;
      for (const name of instances) {
        expect(await units(name, "running")).toHaveLength(roll.processes);
      }
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([roll.good.release.id]);
  });

  test("except those in flight, when the ruleset is flushed while a front port is closed: it stays closed", async () => {
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
      roll.good = deploy;
    });
    expect(repairedMs).toBeLessThan(2000);
    expect(seen.lost).toBeLessThanOrEqual(mostCut);
    console.log(
      `ruleset flushed with a closed front: repaired after ${repairedMs} ms, ${seen.lost} of ${seen.requests} lost`,
    );
  });
});
