import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { stream } from "../tools/stream.ts";

test("the tests in Go pass", { timeout: 300_000 }, async () => {
  for (const args of [
    ["vet", "./..."],
    ["test", "./..."],
  ]) {
    await stream("go", args, {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
      next: "run it in local/provider",
    });
  }
});
