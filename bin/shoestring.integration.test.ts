import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test.each(["shoestring.mjs", "../cli/bin.mjs"])(
  "a reader that closes the pipe early, as head does, ends %s without an error",
  async (name) => {
    const child = spawn("node", [fileURLToPath(new URL(name, import.meta.url)), "--help"]);
    child.stdout.destroy();
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, complaint]).toEqual([141, ""]);
  },
);
