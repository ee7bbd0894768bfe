import { execFileSync, spawn } from "node:child_process";
import { until } from "../../local/testing/until.ts";

/**
 * Starts a Redis on an address of a region's bridge, where its instances reach it.
 *
 * @returns its URL, and a function that ends it.
 */
export async function startRedis(address: string): Promise<{ url: string; end: () => void }> {
  installRedis();
  const options = ["--bind", address, "--port", "6379", "--protected-mode", "no", "--save", ""];
  const server = spawn("redis-server", options, { stdio: "ignore" });
  await until("Redis", async () => {
    const args = ["-h", address, "ping"];
    return execFileSync("redis-cli", args, { encoding: "utf8" }).trim() === "PONG";
  });
  return { url: `redis://${address}:6379`, end: () => void server.kill("SIGKILL") };
}

function installRedis(): void {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
  } catch {
    const args = ["install", "--yes", "--quiet", "--no-install-recommends", "redis-server"];
    execFileSync("apt-get", args, { stdio: "ignore", env: { ...process.env, RUNLEVEL: "1" } });
  }
}
