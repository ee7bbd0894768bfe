import { afterAll, test } from "vitest";
import { endTestRegion } from "../local/testing/region-under-test.ts";
import { local as go } from "./go/local.ts";
import { startCallLoad } from "./testing/call-load.ts";
import { longestMs, losesNothing, pushed, regionOf, rollEach } from "./testing/example-region.ts";
import { startGetLoad } from "./testing/get-load.ts";
import { startSocketLoad } from "./testing/socket-load.ts";

afterAll(endTestRegion);

test("Go, across four releases and a rollback of both services, loses no request or call and cuts no stream", {
  timeout: longestMs,
}, async () => {
  const example = { folder: "go", cluster: go, service: "live" };
  const { on, instances, release, siteOf } = await regionOf(example);
  const [live, quotes] = [siteOf("live"), siteOf("quotes")];
  await Promise.all(["live", "quotes"].map((service) => pushed(on, service, release)));
  await on.healthy(instances);

  const loads = [
    startGetLoad(live, ["/healthz", "/events?symbol=SHOE&count=20"]),
    startSocketLoad(live, "/socket?symbol=SHOE"),
    startCallLoad(quotes, {
      Get: { method: "Get", messages: 1 },
      "Watch for 4 s": { method: "Watch", messages: 20 },
      // Longer than a stop waits: the server ends it, well, with a status.
      "Watch for 40 s": { method: "Watch", messages: 200, mayEndSooner: true },
    }),
  ];
  await losesNothing(loads, async () => {
    const rolls = ["quotes", "live"].map((service) => rollEach(on, service, release));
    const [ofQuotes = [], ofLive = []] = await Promise.all(rolls);
    return [...ofQuotes.map((it) => `quotes: ${it}`), ...ofLive.map((it) => `live: ${it}`)];
  });
});
