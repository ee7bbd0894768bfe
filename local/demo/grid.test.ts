import { expect, test } from "vitest";
import { renderGrid, type Scene, statusLine } from "./grid.ts";

const since = "2026-01-01T00:00:00.000Z";
const scene: Scene = {
  act: "release 2 is deployed",
  elapsedSeconds: 12.3,
  requestsPerSecond: 300,
  requests: 4000,
  lost: 0,
  instances: {
    "web-2": { "1": { release: "web-1-abcdef0", phase: "serving", since } },
    "web-1": {
      "2": { release: "web-1-abcdef0", phase: "probing", since },
      "1": { release: "web-2-abcdef1", phase: "serving", since },
    },
  },
};

test("the grid shows instances down and processes across, each with its release and phase", () => {
  expect(renderGrid(scene)).toEqual([
    "  12 s  release 2 is deployed | 300 requests/s, 4000 so far, 0 lost",
    "",
    "          process 1                 process 2",
    "  web-1   ● web-2-abcdef1           ◐ web-1-abcdef0 probing",
    "  web-2   ● web-1-abcdef0",
  ]);
});

test("before the load begins, the status line counts no requests", () => {
  expect(statusLine({ ...scene, requests: 0 })).toBe("  12 s  release 2 is deployed");
});
