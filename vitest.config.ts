import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { closingLine } from "./ci/closing-line.ts";

/** Vitest would leave one processor free: on two, half of them. */
const maxWorkers = "100%";
/** Some tests wait for a process or a time-out; meanwhile another file runs. */
const maxWaitingWorkers = "150%";

/** Kinds of tests that stand in a file's name; the others are unit tests. */
const kinds = ["exhaustive", "integration", "region", "soak"] as const;

/** @param groupOrder groups run one after the other. */
function project(
  name: "unit" | (typeof kinds)[number],
  groupOrder: number,
  settings: TestProjectInlineConfiguration["test"],
): TestProjectInlineConfiguration {
  const isUnit = name === "unit";
  return {
    test: {
      name,
      include: [isUnit ? "**/*.test.ts" : `**/*.${name}.test.ts`],
      exclude: [
        "**/node_modules/**",
        ".local*/**",
        ...(isUnit ? [`**/*.{${kinds.join()}}.test.ts`] : []),
      ],
      sequence: { groupOrder },
      ...settings,
    },
  };
}

// There is no global state, so files share a worker's modules: half of the time was imports.
const inMemory = { testTimeout: 60_000, hookTimeout: 60_000, isolate: false };
const withPrograms = { testTimeout: 120_000, hookTimeout: 300_000 };
/** One machine, one region: what is under load must not be disturbed. */
const onRegion = { ...withPrograms, fileParallelism: false };

export default defineConfig({
  test: {
    reporters: ["default", closingLine()],
    projects: [
      project("unit", 0, { ...inMemory, maxWorkers: maxWaitingWorkers }),
      // As unit tests, but at every step, byte or interleaving: minutes instead of seconds.
      project("exhaustive", 0, { ...inMemory, maxWorkers }),
      project("integration", 1, { ...withPrograms, maxWorkers }),
      project("region", 2, onRegion),
      // Takes minutes, or waits for what takes minutes; on the local region, too.
      project("soak", 3, onRegion),
    ],
  },
});
