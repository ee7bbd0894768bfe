import { expect, test } from "vitest";
import { parseParameters } from "./parameters.ts";

test("without arguments everything is measured, with 20 deploys of each way", () => {
  expect(parseParameters([])).toMatchObject({
    deploys: 20,
    parts: ["rollouts", "files", "scale"],
    ways: [],
    watchers: [1, 50],
    agents: 2000,
    instances: [8, 64],
  });
});

test("a run is shortened by naming parts, ways and counts", () => {
  const argv = ["--parts", "rollouts", "--ways", "pm2,HAProxy", "--deploys", "3"];
  expect(parseParameters(argv)).toMatchObject({
    parts: ["rollouts"],
    ways: ["pm2", "HAProxy"],
    deploys: 3,
  });
});

test.each([
  [["--deploys", "0"], "--deploys is 0"],
  [["--agents", "many"], "--agents is many"],
  [["--parts", "fiels"], "there is no part fiels"],
  [["--deplyos", "3"], "--deplyos"],
])("%j is refused before anything is measured", (argv, message) => {
  expect(() => parseParameters(argv)).toThrow(message);
});
