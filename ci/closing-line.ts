import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line that programs can count: "12 passed, 0 failed". */
export function closingLine(): Reporter {
  return {
    onTestRunEnd(modules, errors) {
      const states = modules.flatMap(statesOf);
      const count = (state: string) => states.filter((s) => s === state).length;
      const skipped = count("skipped");
      // A file that could not be loaded or set up failed, although none of its tests did.
      const broken = modules.filter(
        (m) => m.state() === "failed" && !statesOf(m).includes("failed"),
      );
      const failed = count("failed") + broken.length + errors.length;
      const tail = skipped > 0 ? `, ${skipped} skipped` : "";
      process.stdout.write(`\n${count("passed")} passed, ${failed} failed${tail}\n`);
    },
  };
}

const statesOf = (module: TestModule) =>
  [...module.children.allTests()].map((test) => test.result().state);
