import { expect, test } from "vitest";
import type { BoardState, ServiceState } from "../state.ts";
import { news } from "./news.js";

const deploy = {
  revision: 7,
  kind: "release",
  release: "web-7-aaaaaaa",
  by: "ci",
  at: "2026-03-02T09:00:00Z",
  reason: "",
} as const;
const web = (differs: Partial<ServiceState> = {}): BoardState => ({
  cluster: "local",
  services: [{ service: "web", phase: "rolling", deploy, instances: [], history: [], ...differs }],
});

test("the first state of an opened page is not announced", () => {
  expect(news(undefined, web())).toEqual([]);
  expect(news({ cluster: "local" }, web())).toEqual([]);
});

test("a phase, a new deploy and a hold are announced once", () => {
  expect(news(web(), web({ phase: "done" }))).toEqual(["web: web-7-aaaaaaa is done."]);
  const next = { ...deploy, revision: 8, release: "web-8-aaaaaaa" };
  expect(news(web(), web({ deploy: next }))).toEqual(["web: web-8-aaaaaaa is rolling."]);
  const held = web({ hold: { by: "olu", reason: "broken", at: deploy.at } });
  expect(news(web(), held)).toEqual(["web is held by olu: broken"]);
  expect(news(held, web())).toEqual(["web is no longer held."]);
  expect(news(held, held)).toEqual([]);
});

test("a pause and a drain are announced, and so are their ends", () => {
  const olu = { by: "olu", reason: "look", at: deploy.at };
  const paused = web({ pause: olu });
  expect(news(web(), paused)).toEqual(["web is paused by olu: look"]);
  expect(news(paused, web())).toEqual(["web goes on."]);
  const one = {
    instance: "web-1",
    phase: "waiting",
    seenAt: deploy.at,
    connectionsCut: 0,
    processes: [],
    done: 0,
  } as const;
  const before = web({ instances: [one] });
  const drained = web({ instances: [{ ...one, drain: { ...olu, until: deploy.at } }] });
  expect(news(before, drained)).toEqual(["web-1 is drained by olu: look"]);
  expect(news(drained, before)).toEqual(["web-1 is no longer drained."]);
});

test("changes of single processes are not announced, since there are too many", () => {
  const process = {
    number: 1,
    release: "web-7-aaaaaaa",
    phase: "probing",
    since: deploy.at,
  } as const;
  const instance = {
    instance: "web-1",
    phase: "rolling",
    seenAt: deploy.at,
    connectionsCut: 0,
    done: 0,
  } as const;
  expect(news(web(), web({ instances: [{ ...instance, processes: [process] }] }))).toEqual([]);
});

test("the start and the end of a Consul outage are announced", () => {
  const away = { ...web(), trouble: { happened: "no answer" } };
  expect(news(web(), away)).toEqual(["Consul gives no answer; what is shown is old."]);
  expect(news(away, web())).toEqual(["Consul answers again."]);
});
