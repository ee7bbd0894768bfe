import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaderPid } from "../../../local/region/index.ts";
import { megabytes } from "../../resident.ts";
import { type BenchInstance, folder, peerHost } from "../bench-instance.ts";
import { startUnits, stopUnits } from "./units.ts";
import type { Way } from "./way.ts";

const port = 8088;

/**
 * A loop around HAProxy's runtime API. HAProxy is this machine's Debian package in the instance's
 * network, in place of nginx: it cannot drain behind one.
 */
export function haproxyDrain(on: BenchInstance): Way {
  let haproxy: ChildProcess | undefined;
  const files = mkdtempSync(join(tmpdir(), "shoestring-haproxy-"));
  return {
    name: "HAProxy drain loop",
    how: "set server state drain, a wait for its last session, systemctl restart, a wait for the port, state ready; HAProxy in front in place of nginx, its defaults with option redispatch",
    url: `http://${on.address}:${port}`,
    host: peerHost,
    async start() {
      await startUnits(on);
      const config = join(files, "haproxy.cfg");
      writeFileSync(config, haproxyConfig(on.address));
      const leader = leaderPid(on.region, on.instance);
      const command = ["haproxy", "-db", "-f", config];
      haproxy = spawn("nsenter", [`--target=${leader}`, "--net", ...command], { stdio: "ignore" });
      await on.run(`bash ${folder}/wait-ready.sh 9999`, 10_000);
    },
    deploy: () => on.timed(`bash -eu ${folder}/drain-loop.sh`),
    async memory() {
      const text = readFileSync(`/proc/${haproxy?.pid}/status`, "utf8");
      return { "HAProxy, for nginx": megabytes(text) };
    },
    async stop() {
      haproxy?.kill("SIGKILL");
      rmSync(files, { recursive: true });
      await stopUnits(on);
    },
  };
}

const haproxyConfig = (address: string) => `global
  stats socket ipv4@127.0.0.1:9999 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch
listen web
  bind ${address}:${port}
  balance roundrobin
${[1, 2, 3, 4]
  .map(
    (n) => `  server w${n} 127.0.0.1:900${n}
`,
  )
  .join("")}`;
