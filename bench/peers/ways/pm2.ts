import {
  type BenchInstance,
  folder,
  peerHost,
  processes,
  residentMegabytes,
} from "../bench-instance.ts";
import { startSite, stopSite } from "./units.ts";
import type { Way } from "./way.ts";

const home = `${folder}/pm2-home`;
const pm2 = `env PM2_HOME=${home} HOME=${home} node ${folder}/pm2/node_modules/pm2/bin/pm2`;
/** The one port that pm2's daemon listens on for all of its workers. */
const port = 9001;

/**
 * `pm2 reload` in cluster mode, pm2's own way to reload without a lost request
 * (pm2.keymetrics.io/docs/usage/cluster-mode, "Reload"; the application as "Graceful Shutdown"
 * there asks). Two workers at a time, pm2's default. The daemon holds the port, so nginx has one server.
 */
export function pm2Reload(on: BenchInstance, waitReady: boolean): Way {
  return {
    name: waitReady ? "pm2 reload, wait_ready" : "pm2 reload",
    how: `cluster mode, ${processes} workers, ${waitReady ? "wait_ready" : "a worker is ready when it listens"}, SIGINT handled, kill_timeout 5 s; nginx in front, max_fails=0, no upstream keep-alive`,
    url: `http://${on.address}`,
    host: peerHost,
    async start() {
      on.put(`${folder}/ecosystem.config.cjs`, ecosystem(waitReady));
      // As `pm2 startup systemd` writes it: a forking unit around the daemon.
      on.put(
        "/etc/systemd/system/peer-pm2.service",
        `[Service]
Type=forking
User=web
Environment=PM2_HOME=${home} HOME=${home} PATH=/usr/local/bin:/usr/bin:/bin
PIDFile=${home}/pm2.pid
ExecStart=/usr/local/bin/node ${folder}/pm2/node_modules/pm2/bin/pm2 start ${folder}/ecosystem.config.cjs
ExecStop=/usr/local/bin/node ${folder}/pm2/node_modules/pm2/bin/pm2 kill
`,
      );
      await on.run(`rm -rf ${home}; install -d -o web ${home}
systemctl daemon-reload; systemctl start peer-pm2; bash ${folder}/wait-ready.sh ${port}`);
      await startSite(on, "one");
    },
    deploy: () => on.timed(`runuser -u web -- ${pm2} reload peer`),
    memory: async () => ({ "pm2 daemon": await residentMegabytes(on, `$(cat ${home}/pm2.pid)`) }),
    async stop() {
      await stopSite(on);
      await on.run("systemctl stop peer-pm2");
    },
  };
}

const ecosystem = (waitReady: boolean) => `module.exports = {
  apps: [{
    name: "peer",
    script: "server.js",
    cwd: "${folder}/app",
    exec_mode: "cluster",
    instances: ${processes},
    node_args: "--require ${folder}/pm2-graceful.cjs",
    wait_ready: ${waitReady},
    listen_timeout: 10000,
    kill_timeout: 5000,
    env: { PORT: "${port}", SHOESTRING_RELEASE: "peer" },
  }],
};
`;
