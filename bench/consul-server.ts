import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeHttp } from "../lib/http.ts";
import { regionNames } from "../local/host/addresses.ts";
import { waitFor } from "../local/host/wait.ts";
import { ensureConsul } from "../tools/consul.ts";

/** A real Consul server on loopback, for one measurement. */
export interface ConsulServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts one server with its data on disk and Consul's own limits (`http_max_conns_per_client`
 * is 200). It has no ACLs, because the check of a token would cost all compared tools the same.
 */
export async function startConsulServer(say: (line: string) => void): Promise<ConsulServer> {
  const program = await ensureConsul(say);
  const folder = mkdtempSync(join(tmpdir(), "shoestring-consul-"));
  const { loopback: address } = regionNames(folder);
  const config = {
    server: true,
    bootstrap_expect: 1,
    node_name: "bench",
    data_dir: join(folder, "data"),
    bind_addr: address,
    client_addr: address,
    ports: { dns: -1, grpc: -1, grpc_tls: -1, serf_wan: -1 },
    performance: { raft_multiplier: 1 },
    connect: { enabled: false },
    disable_update_check: true,
    log_level: "error",
  };
  writeFileSync(join(folder, "server.json"), JSON.stringify(config));
  const child = spawn(program, ["agent", "-config-file", join(folder, "server.json")], {
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://${address}:8500`;
  const http = nodeHttp({ keepAlive: false });
  try {
    await waitFor(
      async () => {
        const leader = await http({
          method: "GET",
          url: `${url}/v1/status/leader`,
          timeoutMs: 1000,
        });
        return leader.body.includes(":") ? true : undefined;
      },
      { what: "a Consul server", seconds: 30, next: "run it again" },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: child.pid as number, stop };
}
