import { expect, test } from "vitest";
import { aService } from "../agent/testing/builders.ts";
import {
  batchBoundSeconds,
  httpProcesses,
  kindOf,
  readyBy,
  settingsOf,
  speaksHttp,
} from "./process-settings.ts";

const mixed = aService({
  processes: 6,
  ready: "notify",
  kinds: {
    web: { count: 3, ping: "/up" },
    worker: { count: 2, stopTimeoutSeconds: 120, strategy: "in-place" },
    clock: { count: 1, ready: "file" },
  },
});

test("kinds are numbered in their order", () => {
  expect([1, 2, 3, 4, 5, 6].map((n) => kindOf(mixed, n))).toEqual([
    "web",
    "web",
    "web",
    "worker",
    "worker",
    "clock",
  ]);
  expect(kindOf(aService(), 1)).toBeUndefined();
});

test("a kind's settings go before those of the service, and have no count", () => {
  expect(settingsOf(mixed, 4)).toMatchObject({ stopTimeoutSeconds: 120, strategy: "in-place" });
  expect(settingsOf(mixed, 1)).toMatchObject({ stopTimeoutSeconds: 5, ping: "/up" });
  expect(settingsOf(mixed, 4)).not.toHaveProperty("count");
});

test("a kind without ping speaks no HTTP, nor does a service with http none", () => {
  expect(httpProcesses(mixed)).toEqual([1, 2, 3]);
  expect(httpProcesses(aService({ http: "none" }))).toEqual([]);
  expect(httpProcesses(aService({ http: "internal" }))).toEqual([1, 2, 3, 4]);
  expect(speaksHttp(mixed, 6)).toBe(false);
});

test("only a process without HTTP says by another way that it is ready", () => {
  expect([1, 4, 6].map((n) => readyBy(mixed, n))).toEqual([undefined, "notify", "file"]);
});

test("the bound of a batch is that of the slowest kind", () => {
  expect(batchBoundSeconds(aService())).toBe(5 + 10 + 4 + 10);
  expect(batchBoundSeconds(mixed)).toBe(5 + 240 + 4 + 10);
});
