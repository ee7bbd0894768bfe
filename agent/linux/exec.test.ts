import { expect, test } from "vitest";
import { exec } from "./exec.ts";

/** More than a pipe holds, so that the write is still under way. */
const input = "x".repeat(1_000_000);

test("a program that ends before it reads its input does not crash the agent, which gets its output", async () => {
  await expect(exec("sh", ["-c", "exec <&-; echo done"], { input })).resolves.toBe("done\n");
});

test("a program that fails before it reads its input is reported in its own words", async () => {
  const failing = exec("sh", ["-c", "exec <&-; echo 'netlink: no memory' >&2; exit 1"], { input });
  await expect(failing).rejects.toThrow("netlink: no memory");
});
