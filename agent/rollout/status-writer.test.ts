import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { InstanceRollout, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { StatusWriter } from "./status-writer.ts";

const key = keys.rolloutInstance("web", 3, "web-1");
const aReport = (phase: InstanceRollout["phase"]): InstanceRollout => ({
  schema: 2,
  instance: "web-1",
  service: "web",
  revision: 3,
  phase,
  seenAt: "2026-01-01T00:00:00.000Z",
  processes: {},
  connectionsCut: 0,
});

function reporting() {
  const consul = memoryConsul();
  const clock = simulatedClock();
  const on = new StatusWriter({ consul, clock, log: silentLog });
  const written = () => parseDocument(InstanceRollout, key, consul.text(key) ?? "").phase;
  const showWhileAway = async (phase: InstanceRollout["phase"]) => {
    consul.away(true);
    on.show(aReport(phase));
    await clock.run(clock.sleep(100));
    consul.away(false);
  };
  return { consul, clock, on, written, showWhileAway };
}

test("a fenced report is not overwritten by an older one that was on its way", async () => {
  const { consul, clock, on, written } = reporting();
  consul.put("held", "");
  on.show(aReport("waiting")); // its read is in progress
  const index = (await consul.get("held")).found?.modifyIndex ?? 0;
  expect(
    await on.writeFenced(aReport("rolling"), [{ verb: "check-index", key: "held", index }]),
  ).toBe(true);
  await clock.run(on.settled());
  expect(written()).toBe("rolling");
});

test("a report whose fence fails is not written", async () => {
  const { consul, on } = reporting();
  const proof = { verb: "check-index", key: "held", index: 7 } as const;
  expect(await on.writeFenced(aReport("rolling"), [proof])).toBe(false);
  expect(consul.text(key)).toBeUndefined();
});

test("a report shown while Consul was away is written when it is back, unless a newer one was written", async () => {
  const { clock, on, written, showWhileAway } = reporting();
  await showWhileAway("waiting");
  expect(await on.writeFenced(aReport("rolling"), [])).toBe(true);
  await clock.run(on.settled());
  expect(written()).toBe("rolling");

  await showWhileAway("done");
  await clock.run(on.settled());
  expect(written()).toBe("done");
});

test("a report shown while Consul was away does not overwrite an end that was written since", async () => {
  const { clock, on, written, showWhileAway } = reporting();
  await showWhileAway("rolling");
  expect(await clock.run(on.write(aReport("done")))).toBe(true);
  await clock.run(on.settled());
  expect(written()).toBe("done");
});

test("fast changes become one write of the newest, and an end does not wait for it", async () => {
  const { consul, clock, on, written } = reporting();
  const versions = () => consul.get(key).then(({ found }) => found?.modifyIndex);
  on.show(aReport("fetching"));
  await clock.run(clock.sleep(10));
  expect(written()).toBe("fetching");
  const first = (await versions()) ?? 0;
  on.show(aReport("waiting"));
  on.show(aReport("rolling"));
  await clock.run(clock.sleep(100));
  expect(written()).toBe("fetching");
  await clock.run(clock.sleep(200));
  expect(written()).toBe("rolling");
  expect(await versions()).toBe(first + 1);

  on.show(aReport("waiting"));
  expect(await on.write(aReport("done"))).toBe(true);
  await clock.run(on.settled());
  expect(written()).toBe("done");
});
