import { expect, test } from "vitest";
import type { Deploy, InstanceRollout, Rollout } from "../../protocol/documents.ts";
import { aDeploy } from "../testing/builders.ts";
import { garbage, keysOfEachKind } from "../testing/garbage.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";

const names = ["web-1", "web-2"];
const service = { bakeSeconds: 10, watchSeconds: 20 };

type Fleet = ReturnType<typeof simulatedFleet>;

/** The moments at which garbage is written. */
const moments: Readonly<Record<string, (fleet: Fleet) => boolean>> = {
  // No agent has read the deploy yet.
  fetching: (fleet) => fleet.deploy()?.revision === 2,
  canary: (fleet) => fleet.report(2, "web-1")?.phase === "rolling",
  bake: (fleet) => fleet.report(2, "web-1")?.phase === "done",
  rolling: (fleet) => fleet.report(2, "web-2")?.phase === "rolling",
  watching: (fleet) => fleet.rollout(2)?.phase === "watching",
  done: (fleet) => fleet.rollout(2)?.phase === "done",
  // The service is already held.
  rollback: (fleet) => fleet.deploy()?.revision === 3,
};

/** An instance fails in the watch. */
async function failInWatch(fleet: Fleet) {
  await fleet.ends(2, "watching");
  fleet.reports(2, "web-2", (was) => ({ ...was, phase: "failed", error: "a test" }));
}

/** Keys that agents do not read. */
const notForAgents: readonly string[] = ["order of drains", "audit"];

/** `make soak` runs every case; otherwise each kind of garbage in each key gets one moment. */
const every = process.env.SHOESTRING_EVERY_CASE !== undefined;
const seed = Number(process.env.SHOESTRING_SEED ?? Date.now() % 1_000_000_000);

const cases = Object.keys(keysOfEachKind(2)).flatMap((kind, k) =>
  Object.keys(garbage).flatMap((what, g) =>
    Object.keys(moments)
      .filter((_, m) => every || (k + g + seed) % Object.keys(moments).length === m)
      .map((moment) => ({ kind, what, moment })),
  ),
);

/** Consul's state when the garbage was written. */
interface StateBefore {
  readonly deploy: Deploy;
  readonly hold: string | undefined;
}

/** While the garbage is there, it has failed nothing, rolled nothing back and held nothing. */
function expectNoVerdict(
  fleet: Fleet,
  { deploy: { kind, revision }, hold }: StateBefore,
  key: string,
) {
  const rollout = `rollouts/web/${revision}`;
  const reports = fleet.consul.keys(`${rollout}/instances/`).filter((it) => it !== key);
  for (const it of reports) expect(phaseIn(fleet, it), it).not.toBe("failed");
  if (key !== rollout) expect(phaseIn(fleet, rollout)).not.toBe("failed");
  if (key !== "deploys/web") expect(fleet.deploy()).toMatchObject({ kind, revision });
  if (key !== "holds/web") expect(fleet.consul.text("holds/web")).toBe(hold);
}

function phaseIn(fleet: Fleet, key: string) {
  try {
    return (JSON.parse(fleet.consul.text(key) ?? "") as Partial<InstanceRollout | Rollout>).phase;
  } catch {
    return undefined;
  }
}

async function meet({ kind, what, moment }: (typeof cases)[number]) {
  const fleet = simulatedFleet({ service });
  await fleet.add(...names);
  fleet.announce(aDeploy(1));
  await fleet.ends(1, "done");
  fleet.announce(aDeploy(2));
  if (moment === "rollback") await failInWatch(fleet);
  await fleet.until(moment, () => moments[moment]?.(fleet) === true);
  const deploy = fleet.deploy() as Deploy;
  const before = { deploy, hold: fleet.consul.text("holds/web") };
  const key = keysOfEachKind(deploy.revision)[kind] as string;

  fleet.consul.put(key, garbage[what]?.(fleet.consul.text(key) ?? "") ?? "");
  for (let i = 0; i < 4; i += 1) {
    await fleet.pass(15);
    expectNoVerdict(fleet, before, key);
  }
  const wasDone = phaseIn(fleet, `rollouts/web/${deploy.revision}`) === "done";
  if (notForAgents.includes(kind))
    expect(wasDone, "nobody waits for what no agent reads").toBe(true);
  // A person would write the deploy again; every other key is deleted.
  if (key === "deploys/web") fleet.announce(deploy);
  else fleet.consul.remove(key);

  if (!wasDone) await fleet.ends(deploy.revision, "done");
  const hold = key === "holds/web" ? undefined : before.hold;
  expectNoVerdict(fleet, { deploy, hold }, "");
  const release = deploy.release.id;
  await fleet.until("everything serves it", () =>
    Object.values(fleet.serving()).every((served) => served.join() === release),
  );
}

test(`garbage in a key fails nothing, rolls nothing back and holds nothing, and the rollout goes on when it is gone: ${cases.length} cases`, {
  timeout: 900_000,
}, async () => {
  console.log(`garbage in KV: ${cases.length} cases, SHOESTRING_SEED=${seed}`);
  const broken: string[] = [];
  for (const one of cases) {
    await meet(one).catch((error: unknown) =>
      broken.push(`${one.kind}, ${one.what}, while ${one.moment}: ${error}`),
    );
  }
  expect(broken).toEqual([]);
});
