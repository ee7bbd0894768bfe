import { expect, test } from "vitest";
import { deployOperations, readDeploy } from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";

const names = ["web-1", "web-2", "web-3"];

test.each(["every agent has heard of it", "an agent began the first one again meanwhile"])(
  "after a snapshot was restored in the middle of a rollout, the next deploy is done though it has the same revision: %s",
  async (when) => {
    const fleet = simulatedFleet({ service: { bakeSeconds: 60 } });
    fleet.wish(aDeploy(1));
    await fleet.add(...names);
    await fleet.ends(1, "done");
    fleet.wish(aDeploy(2));
    await fleet.until("a canary", () => fleet.rollout(2)?.canary !== undefined);

    // The snapshot knows nothing of the second deploy.
    for (const key of fleet.consul.keys(keys.rollout("web", 2))) fleet.consul.remove(key);
    fleet.wish(aDeploy(1));
    const isCoordinated = () => fleet.consul.text(keys.rolloutCoordinator("web", 2)) !== undefined;
    await fleet.until(
      "a rollout that goes on, and its coordinator",
      () => fleet.rollout(2) !== undefined && isCoordinated(),
    );
    const next = aDeploy(3, { revision: 2 });
    const written = deployOperations(await readDeploy(fleet.consul, "web"), next, "x");
    // What the writer deletes, agents may have written again before they hear of it.
    if (when.startsWith("an agent")) fleet.wish(next);
    else expect(await fleet.consul.write(written)).toBe(true);

    await fleet.ends(2, "done");
    const release = aDeploy(3).release.id;
    expect(fleet.serving()).toEqual(Object.fromEntries(names.map((name) => [name, [release]])));
    expect(fleet.good()?.release.id).toBe(release);
  },
);
