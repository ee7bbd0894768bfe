import { expect } from "vitest";
import { local } from "../../clusters/local.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { type CapacitySampler, sampleCapacity } from "../load/capacity.ts";
import { type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { rollingReports } from "./rolling-watch.ts";
import { until } from "./until.ts";

type Strategy = "overlap" | "in-place";

/** The instances of the tests' region. */
export const instances = ["web-1", "web-2"];

/**
 * A flush also removes the kernel's address translation of open connections, so requests in flight
 * at that moment are cut. Before the agent listened on the front ports, those that came until the
 * repair were lost, too: 4 to 6 in all.
 */
export const mostCut = 3;

/** Brings the tests' region up with a service of this strategy, and a good release on it. */
export async function rollUnderTest(strategy: Strategy): Promise<RollUnderTest> {
  // In place each process is a batch of its own; with two, the tests stay quick.
  const processes = strategy === "overlap" ? 3 : 2;
  // In place, tests look at a process that takes 5 s to stop.
  const stopTimeoutSeconds = strategy === "overlap" ? 2 : 7;
  const on = await regionUnderTest({ strategy, processes, stopTimeoutSeconds });
  const good = await on.pushed();
  await on.healthy(instances);
  return new RollUnderTest(on, strategy, processes, good);
}

/** Rolls of one strategy on the tests' region. */
export class RollUnderTest {
  readonly on: RegionUnderTest;
  readonly strategy: Strategy;
  /** Processes of an instance. */
  readonly processes: number;
  /** The release that serves; a test that deploys another one keeps it here. */
  good: Deploy;

  constructor(on: RegionUnderTest, strategy: Strategy, processes: number, good: Deploy) {
    this.on = on;
    this.strategy = strategy;
    this.processes = processes;
    this.good = good;
  }

  /** Waits for an instance that rolls; either may be the first. */
  rolling(deploy: Deploy, except: readonly string[] = []): Promise<string> {
    return until(`roll of revision ${deploy.revision}`, async () => {
      const prefix = keys.rolloutInstances("web", deploy.revision);
      const reports = await rollingReports(this.on.consul, prefix);
      return reports.find(({ instance }) => !except.includes(instance))?.instance;
    });
  }

  /** The log of the running agent. */
  async agentLog(instance: string): Promise<Record<string, unknown>[]> {
    const invocation = await this.on.on(
      ...[instance, "systemctl", "show", "shoestring-agent", "--property=InvocationID", "--value"],
    );
    const lines = await this.on.on(
      ...[instance, "journalctl", "--output=cat", "--no-pager"],
      `_SYSTEMD_INVOCATION_ID=${invocation.trim()}`,
    );
    return lines
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  }

  /** Rolls under load; expects no loss, and no more processes out than the strategy allows. */
  async losesNothing(work: () => Promise<void>) {
    const { on, processes } = this;
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
      expect(least).toBe(this.strategy === "overlap" ? processes : processes - 1);
      return seen;
    } finally {
      for (const sampler of samplers) sampler.stop();
    }
  }

  /** Expects that a bad release fails, and that only the last good one answers. */
  async refuses(behaviour: Parameters<RegionUnderTest["push"]>[0], why: string): Promise<void> {
    const { on, good } = this;
    const seen = await this.losesNothing(async () => {
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
}
