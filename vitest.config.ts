import { defineConfig } from "vitest/config";
import { closingLine } from "./ci/closing-line.ts";

/** Vitest would leave one processor free: on two, half of them. */
const maxWorkers = "100%";
/** Some tests wait for a process or a time-out; meanwhile another file runs. */
const maxWaitingWorkers = "150%";

export default defineConfig({
  test: {
    reporters: ["default", closingLine()],
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [
            "**/node_modules/**",
            "**/*.{exhaustive,integration,region,soak}.test.ts",
            ".local*/**",
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: maxWaitingWorkers,
          // There is no global state, so files share a worker's modules: half of the time was imports.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          // As unit tests, but at every step, byte or interleaving: minutes instead of seconds.
          name: "exhaustive",
          include: ["**/*.exhaustive.test.ts"],
          exclude: ["**/node_modules/**", ".local*/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["**/*.integration.test.ts"],
          exclude: ["**/node_modules/**", ".local*/**"],
          maxWorkers,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "region",
          include: ["**/*.region.test.ts"],
          exclude: ["**/node_modules/**", ".local*/**"],
          // One machine, one region: what is under load must not be disturbed.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          // Takes minutes, or waits for what takes minutes; on the local region, too.
          name: "soak",
          include: ["**/*.soak.test.ts"],
          exclude: ["**/node_modules/**", ".local*/**"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
