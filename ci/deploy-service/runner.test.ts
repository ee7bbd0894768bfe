import { expect, test } from "vitest";
import { staging } from "../../clusters/staging.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { runnerOf } from "./runner.ts";

const command = ["./run"];
const cluster: Cluster = {
  ...staging,
  services: {
    web: { instances: { min: 1, max: 2 }, command },
    old: { instances: { min: 1, max: 2, types: ["t3.small"], architecture: "x86_64" }, command },
    beside: { instances: { sharedWith: "old" }, command },
  },
};

test.each([
  ["web", "ubuntu-24.04-arm"],
  ["old", "ubuntu-24.04"],
  ["beside", "ubuntu-24.04"],
  ["unknown", "ubuntu-24.04"],
  ["constructor", "ubuntu-24.04"],
])("%s is built on %s, whose processor its instances have", (service, runner) => {
  expect(runnerOf(cluster, service)).toBe(runner);
});
