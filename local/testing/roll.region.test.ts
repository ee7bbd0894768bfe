import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client } from "../../bench/load/client.ts";
import { openWebsocket } from "../../bench/load/websocket.ts";
import type { Deploy } from "../../protocol/documents.ts";
import {
  down,
  rebootInstance,
  startConsulAgain,
  stopConsul,
  targetStates,
  waitBooted,
} from "../region/index.ts";
import { type RegionUnderTest, regionUnderTest, testRegion } from "./region-under-test.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];

afterAll(() => down(testRegion()));

describe.each(["overlap", "in-place"] as const)("%s, under load, loses no request", (strategy) => {
  // In place each process is a round; with two, the tests stay quick.
  const processes = strategy === "overlap" ? 3 : 2;
  let on: RegionUnderTest;
  let good: Deploy;

  beforeAll(async () => {
    on = await regionUnderTest({ strategy, processes });
    good = await on.pushed();
    await until("serving instances", () => bothServe());
  });

  const bothServe = async () => {
    const states = await targetStates(on.region);
    return instances.every((name) => states.get(name) === "UP");
  };
  /** The instance that rolls now; either may be the first. */
  const rolling = (deploy: Deploy, except: readonly string[] = []) =>
    until(`roll of revision ${deploy.revision}`, async () => {
      const prefix = `rollouts/web/${deploy.revision}/instances/`;
      const { found } = await on.consul.list(prefix);
      const report = found
        .map(({ value }) => JSON.parse(value))
        .find((r) => r.phase === "rolling" && !except.includes(r.instance));
      return report && (report.instance as string);
    });

  /** A bad release ends as failed, and what was good is all that answers. */
  async function refuses(behaviour: Parameters<RegionUnderTest["push"]>[0], why: string) {
    const seen = await on.underLoad(async () => {
      const bad = await on.push(behaviour);
      const { phase, instances: reports } = await on.ended(bad);
      expect(phase).toBe("failed");
      const failed = Object.values(reports).filter((r) => r.phase === "failed");
      expect(failed).toHaveLength(1);
      expect(failed[0]?.error).toContain(why);
      expect(await on.answering()).toEqual([good.release.id]);
    });
    expect(seen.errors).toEqual({});
    expect(Object.keys(seen.releases)).toEqual([good.release.id]);
  }

  test("across four releases", async () => {
    const seen = await on.underLoad(async () => {
      for (let i = 0; i < 4; i += 1) good = await on.pushed();
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("across a restart that takes a new config; a change alone changes nothing", async () => {
    const asker = client(on.url, on.host);
    const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
    const greeting = async () => (await asker.json("/config?name=GREETING")).sha256;
    const value = `hello "${strategy}"\nand \\ $more`;
    const seen = await on.underLoad(async () => {
      const before = await greeting();
      expect((await on.shoestring("config", "set", "web", "GREETING", value)).code).toBe(0);
      expect(await greeting()).toBe(before);
      const { code, err } = await on.shoestring("restart", "web", "--wait", "--timeout", "60");
      expect([code, err.split("\n").at(-1)]).toEqual([0, expect.stringContaining("done")]);
      for (let i = 0; i < 12; i += 1) expect(await greeting()).toBe(hashOf(value));
    });
    expect(seen.errors).toEqual({});
  });

  test("when a release exits at start", () => refuses({ exitAtStart: 7 }, "it ended by itself"));
  test("when a release never answers", () =>
    refuses({ neverAnswer: true }, "after 6 s, GET /ping"));
  test("when a release answers 500", () => refuses({ pingStatus: 500 }, "it answered 500"));
  test("when a release answers with the old one's id", () =>
    refuses({ claimRelease: good.release.id }, `it answered as release ${good.release.id}`));

  test("when the old process ignores SIGTERM: it is killed after the stop timeout", async () => {
    const seen = await on.underLoad(async () => {
      await on.pushed({ ignoreSigterm: true });
      good = await on.pushed();
    });
    expect(seen.errors).toEqual({});
    const left = await on.on("web-1", "systemctl", "list-units", "--plain", "--no-legend", "web@*");
    expect(left.trim().split("\n")).toHaveLength(processes);
  });

  test("when a release needs 5 s to boot", async () => {
    const seen = await on.underLoad(async () => {
      good = await on.pushed({ bootMs: 5000 });
    });
    expect(seen.errors).toEqual({});
  });

  test("with a request of 10 s in flight; a WebSocket is cut at the bound and reported", async () => {
    const seen = await on.underLoad(async () => {
      const requests = Array.from({ length: 4 }, () =>
        client(on.url, on.host).get("/slow?ms=10000"),
      );
      const socket = await openWebsocket(on.url, on.host);
      good = await on.push();
      const end = await on.ended(good);
      expect(end.phase).toBe("done");
      for (const request of requests) expect((await request).error).toBeUndefined();
      await socket.ended;
      const cut = Object.values(end.instances).map((r) => r.cut);
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

  test("when the agent is restarted, no process is", async () => {
    const started = () =>
      on.on("web-1", "systemctl", "show", "web@*", "--property=ExecMainStartTimestampMonotonic");
    const before = await started();
    await on.on("web-1", "systemctl", "restart", "shoestring-agent");
    await until("a watching agent", async () =>
      (await on.on("web-1", "systemctl", "is-active", "shoestring-agent")).startsWith("active"),
    );
    expect(await started()).toBe(before);
  });

  test("but for those inside it, when a process crashes during another's roll", async () => {
    const seen = await on.underLoad(async () => {
      const deploy = await on.push();
      const first = await rolling(deploy);
      const other = instances.find((name) => name !== first) as string;
      const units = await on.on(
        other,
        "systemctl",
        "list-units",
        "--plain",
        "--no-legend",
        "web@*",
      );
      const unit = units.split(" ")[0] as string;
      const release = () =>
        on.on(other, "readlink", `/srv/web/processes/${unit.slice(4, 6)}/release`);
      const before = await release();
      await on.on(other, "systemctl", "kill", "--signal=KILL", unit);
      await until("a restart", async () =>
        (await on.on(other, "systemctl", "show", unit, "--property=NRestarts")).includes("=1"),
      );
      expect(await release()).toBe(before);
      expect((await on.ended(deploy)).phase).toBe("done");
      good = deploy;
    });
    // A request inside a process that is killed has nobody to answer it; no other one is lost.
    expect(seen.lost).toBeLessThanOrEqual(3);
  });

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

  test("when a second deploy arrives in the middle of the first: it ends on the newest", async () => {
    const seen = await on.underLoad(async () => {
      const first = await on.push();
      await rolling(first);
      good = await on.push();
      expect((await on.ended(good)).phase).toBe("done");
    });
    expect(seen.errors).toEqual({});
    expect(Object.keys(seen.releases).length).toBeLessThanOrEqual(3);
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("when an instance reboots", async () => {
    const seen = await on.underLoad(async () => {
      await rebootInstance(on.region, "web-2");
      await waitBooted(on.region, "web-2", () => {});
      await until("both instances healthy", bothServe);
    });
    expect(seen.errors).toEqual({});
    expect(await on.answering()).toEqual([good.release.id]);
  });

  test("after somebody else flushed the ruleset: it is repaired, and the loss is told", async () => {
    let repaired = 0;
    const seen = await on.underLoad(async () => {
      const from = Date.now();
      await on.on("web-1", "nft", "flush", "ruleset");
      await until("repaired table", async () =>
        (await on.on("web-1", "nft", "list", "table", "inet", "shoestring")).includes("redirect"),
      );
      repaired = Date.now() - from;
    });
    const told = await on.on(
      "web-1",
      "journalctl",
      "-u",
      "shoestring-agent",
      "-o",
      "cat",
      "--no-pager",
    );
    expect(told).toContain('"event":"gate.repaired"');
    expect(repaired).toBeLessThan(2000);
    console.log(
      `ruleset flushed: repaired after ${repaired} ms, ${seen.lost} of ${seen.requests} lost`,
    );
  });
});
