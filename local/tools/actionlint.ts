import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";

const version = "1.7.12";
const moduleFolder = fileURLToPath(new URL("../../tools/actionlint", import.meta.url));

/**
 * The program that checks GitHub's workflows, built from its Go module once and cached.
 *
 * @returns its path.
 * @throws Problem where it cannot be built.
 */
export function ensureActionlint(log: (line: string) => void): Promise<string> {
  return cached(join("actionlint", version, "actionlint"), async (path) => {
    log(`actionlint ${version} is built from its Go module, once`);
    await stream(
      "go",
      ["build", "-trimpath", "-o", path, "github.com/rhysd/actionlint/cmd/actionlint"],
      {
        cwd: moduleFolder,
        env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
        stillRunning: (seconds) => log(`actionlint: ${seconds} s`),
        next: "see that Go 1.25.9 or newer is installed: go version",
      },
    );
  });
}
