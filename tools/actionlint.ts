import { ensureGoProgram } from "./go-program.ts";

/**
 * Builds actionlint, which checks GitHub's workflows, from its Go module once and caches it.
 *
 * @returns its path.
 * @throws Problem where it cannot be built.
 */
export const ensureActionlint = (log: (line: string) => void): Promise<string> =>
  ensureGoProgram(
    {
      name: "actionlint",
      version: "1.7.12",
      modulePath: "github.com/rhysd/actionlint/cmd/actionlint",
      takes: "half a minute",
    },
    log,
  );
