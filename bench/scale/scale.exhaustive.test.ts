import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { aDeploy, silentLog } from "../../agent/testing/builders.ts";
import { simulatedClock } from "../../agent/testing/simulated-clock.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { longPollsOfAgent, restingAgent } from "./resting-agent.ts";
import { counting, simulatedRollout } from "./simulated-rollout.ts";

const agents = 20;
const longPolls = agents * longPollsOfAgent;
const key = keys.deploy("web");
const textOf = (sequence: number) => formatDocument(Deploy, key, aDeploy(sequence));

/**
 * Agents that have read the first deploy and wait for the next one, and for a drain of their
 * instances, by a simulated clock.
 *
 * @param isHasty Consul answers every long poll at once, with nothing new.
 */
async function waitingAgents(isHasty = false) {
  const clock = simulatedClock();
  const memory = memoryConsul(clock.sleep);
  memory.put(key, textOf(1));
  const { consul, seen } = counting(
    isHasty ? { ...memory, get: (name) => memory.get(name) } : memory,
  );
  const revisions: number[] = [];
  for (let i = 0; i < agents; i += 1) {
    const on = { consul, clock, log: silentLog, instance: `web-${i}`, random: () => 0 };
    const signal = new AbortController().signal;
    restingAgent({ ...on, signal }, ({ revision }) => void revisions.push(revision));
  }
  await clock.run(clock.sleep(2000)); // an agent reads a missing drain again after a second
  const readsIn = async (seconds: number) => {
    const before = seen.reads;
    await clock.run(clock.sleep(seconds * 1000));
    return seen.reads - before;
  };
  return { clock, memory, revisions, readsIn };
}

test("idle agents ask once for each long poll and for the rollout, however busy the rest of KV is", async () => {
  const { clock, memory, readsIn } = await waitingAgents();
  const busy = async () => {
    for (let i = 0; i < 600; i += 1) {
      memory.put(`rollouts/other/${i}`, "busy");
      await clock.sleep(1000);
    }
  };
  void busy();
  const longPollSeconds = 55;
  const reads = await readsIn(600);
  const each = longPolls + agents;
  expect(reads).toBeLessThanOrEqual(each * Math.ceil(600 / longPollSeconds));
  expect(reads).toBeGreaterThanOrEqual(each * Math.floor(600 / (longPollSeconds + 1)));
});

test("a watch asks at most once a second, although Consul answers long polls at once", async () => {
  const { readsIn } = await waitingAgents(true);
  expect(await readsIn(60)).toBeLessThanOrEqual(longPolls * 60 + agents * 2);
});

test("a deploy costs each agent one request: the next long poll", async () => {
  const { memory, revisions, readsIn } = await waitingAgents();
  memory.put(key, textOf(2));
  expect(await readsIn(10)).toBe(agents);
  expect(revisions.filter((revision) => revision === 2)).toHaveLength(agents);
});

test("a watch asks an unreachable Consul at most every five seconds, after the first few times", async () => {
  const { memory, readsIn } = await waitingAgents();
  memory.away(true);
  const firstFew = 5; // 0.25, 0.5, 1, 2, 4 s
  expect(await readsIn(600)).toBeLessThanOrEqual(longPolls * (600 / 5 + firstFew));
});

test("a rollout's writes and sessions grow linearly with its instances", async () => {
  const [four, eight, sixteen] = await Promise.all([4, 8, 16].map((n) => simulatedRollout(n)));
  if (!four || !eight || !sixteen) throw new Error("three rollouts");
  const [firstFour, nextEight] = [eight.writes - four.writes, sixteen.writes - eight.writes];
  // Twice as many; writes by the clock may add a few.
  expect(nextEight).toBeLessThan(2.5 * firstFour);
  expect(sixteen.writes / 16).toBeLessThan(60);
  expect(sixteen.sessions).toBe(16 + 1);
});

test.each([1, 3])(
  "waiting for one of %d slots costs each instance the same, however many wait",
  async (maxUnavailable) => {
    const [twenty, forty] = await Promise.all(
      [20, 40].map((n) => simulatedRollout(n, maxUnavailable)),
    );
    if (!twenty || !forty) throw new Error("two rollouts");
    // All prepare in the same moment here, so each tries once for a slot that another one acquires.
    expect(twenty.refused).toBeLessThanOrEqual(2 * 20);
    expect(forty.refused).toBeLessThanOrEqual(2 * 40);
    expect(forty.writes).toBeLessThan(2.2 * twenty.writes);
    expect(forty.reads).toBeLessThan(2.4 * twenty.reads);
  },
);

test("a program that counts a rollout ends after the count", async () => {
  const counted = new URL("scale.ts", import.meta.url).href;
  const program = `import { countRollouts } from ${JSON.stringify(counted)}; await countRollouts([2]);`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  await promisify(execFile)("node", args, { timeout: 40_000 });
});
