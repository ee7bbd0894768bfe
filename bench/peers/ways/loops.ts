import { folder, peerHost, type Site } from "../site.ts";
import { startSite, startUnits, stopSite, stopUnits } from "./units.ts";
import type { Way } from "./way.ts";

/** `systemctl restart`, one process after the other, behind nginx. */
export const restartLoop = (site: Site) =>
  loop(
    site,
    "restart loop",
    "systemctl restart and a wait for the port, process by process; nginx in front, max_fails=0, no upstream keep-alive",
    "restart-loop.sh",
  );

/** The same, with `nginx -s reload` before and after each process. */
export const reloadLoop = (site: Site) =>
  loop(
    site,
    "nginx reload loop",
    "each process marked down, nginx -s reload and a wait until it has happened, restart, marked up, reload; nginx in front",
    "reload-loop.sh",
  );

function loop(site: Site, name: string, how: string, script: string): Way {
  return {
    name,
    how,
    url: `http://${site.address}`,
    host: peerHost,
    async start() {
      await startUnits(site);
      await startSite(site, "each its own");
    },
    deploy: () => site.timed(`bash -eu ${folder}/${script}`),
    // A shell, and only while it runs.
    memory: async () => ({}),
    async stop() {
      await stopSite(site);
      await stopUnits(site);
    },
  };
}
