import { fileURLToPath } from "node:url";
import { renderSite } from "../../../agent/linux/nginx/service-site.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { type BenchInstance, folder, peerHost, processes, scriptPath } from "../bench-instance.ts";

/**
 * Puts the service, the scripts and the tools of all peers on the instance.
 *
 * @param pm2 the folder that `ensurePm2` made.
 */
export function putPeers(on: BenchInstance, pm2: string): void {
  on.copy(pm2, `${folder}/pm2`);
  const app = fileURLToPath(new URL("../../../local/web/server.js", import.meta.url));
  on.copy(app, `${folder}/app/server.js`);
  const names = ["wait-ready.sh", "restart-loop.sh", "reload-loop.sh", "drain-loop.sh"];
  for (const name of [...names, "pm2-graceful.cjs"]) {
    on.copy(scriptPath(name), `${folder}/${name}`);
  }
}

/** A peer's process n listens on 900n. */
const basePort = 9000;

/** Starts the processes as systemd units, `peer@1` to `peer@4`, for ways without pm2. */
export async function startUnits(on: BenchInstance): Promise<void> {
  on.put(
    "/etc/systemd/system/peer@.service",
    `[Service]
Type=exec
User=web
WorkingDirectory=${folder}/app
Environment=PORT=${basePort / 10}%i SHOESTRING_RELEASE=peer
ExecStart=/usr/local/bin/node server.js
KillSignal=SIGTERM
TimeoutStopSec=5
`,
  );
  await on.run(`systemctl daemon-reload
for n in 1 2 3 4; do
  systemctl start "peer@$n"
  bash ${folder}/wait-ready.sh "${basePort / 10}$n"
done`);
}

export async function stopUnits(on: BenchInstance): Promise<void> {
  await on.run("systemctl stop 'peer@*'");
}

/**
 * nginx for a peer: the site that the agent writes for the strategy `in-place`. So it has
 * `max_fails=0` (nginx's default bans a process for 10 s after one refusal) and no upstream
 * keep-alive, which would lose POSTs to a process that stops.
 *
 * @param ports of the upstream's servers.
 */
export async function startSite(on: BenchInstance, ports: "each its own" | "one"): Promise<void> {
  const service = {
    service: "peer",
    hosts: [peerHost],
    processes: ports === "one" ? 1 : processes,
    basePort,
    strategy: "in-place",
  } as ServiceFile;
  on.put("/etc/nginx/conf.d/peer.conf", renderSite(service));
  await on.run("nginx -t -q && nginx -s reload");
}

export async function stopSite(on: BenchInstance): Promise<void> {
  await on.run("rm -f /etc/nginx/conf.d/peer.conf && nginx -s reload");
}
