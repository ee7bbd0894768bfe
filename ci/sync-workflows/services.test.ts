import { expect, test } from "vitest";
import { findClusters } from "../../synth/find-clusters.ts";
import { ServiceRepositories, services } from "./services.ts";

test("the list and the clusters name the same repository for a service", async () => {
  for (const { cluster } of await findClusters("clusters")) {
    for (const [service, { repository }] of Object.entries(cluster.services)) {
      if (repository === undefined) continue;
      const listed = services.find((it) => it.service === service)?.repository;
      expect(listed, `${service} of ${cluster.name}`).toBe(repository.replaceAll(/@\d+/g, ""));
    }
  }
});

test.each([
  ["a name that is none", { service: "Web" }],
  ["a repository without its owner", { repository: "web" }],
  ["a build of two lines", { build: "npm ci\nnpm run build" }],
  ["a field that means nothing", { command: "npm ci" }],
])("%s is refused", (_, differs) => {
  const good = { service: "web", repository: "acme/web", build: "make" };
  expect(ServiceRepositories.safeParse([good]).success).toBe(true);
  expect(ServiceRepositories.safeParse([{ ...good, ...differs }]).success).toBe(false);
});

test("a service that is listed twice is refused", () => {
  const good = { service: "web", repository: "acme/web", build: "make" };
  expect(ServiceRepositories.safeParse([good, good]).success).toBe(false);
});
