import { expect, test } from "vitest";
import type { Exec } from "../linux/exec.ts";
import { syncTree } from "./sync-tree.ts";

test("a tree of 4 GB has the time to reach a disk that takes 1 MB a second", async () => {
  const ran: [string, readonly string[]][] = [];
  let boundMs = 0;
  const exec: Exec = async (program, args, { timeoutMs = 0 } = {}) => {
    ran.push([program, args]);
    boundMs = timeoutMs;
    return "";
  };

  await syncTree(exec, { size: 4e9 }, "/srv/web/releases/.unfinished/tree");

  expect(ran).toEqual([["sync", ["-f", "/srv/web/releases/.unfinished/tree"]]]);
  expect(boundMs).toBeGreaterThanOrEqual(4_000_000);
});
