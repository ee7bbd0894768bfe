import { afterAll, test } from "vitest";
import { endTestRegion } from "../local/testing/region-under-test.ts";
import { local as go } from "./go/local.ts";
import { longestMs, losesNothing, pushed, regionOf, rollEach } from "./testing/example-region.ts";

afterAll(endTestRegion);

test("Go, across four releases and a rollback, loses no request and cuts no stream", {
  timeout: longestMs,
}, async () => {
  const example = { folder: "go", cluster: go, service: "live" };
  const { on, instances, release } = await regionOf(example);
  await pushed(on, example.service, release);
  await on.healthy(instances);
  const paths = ["/healthz", "/events?symbol=SHOE&count=20"];
  await losesNothing(on, paths, () => rollEach(on, example.service, release));
});
