import { type BenchInstance, folder, peerHost } from "../bench-instance.ts";
import { startSite, startUnits, stopSite, stopUnits } from "./units.ts";
import type { Way } from "./way.ts";

/** `systemctl restart`, one process after the other, behind nginx. */
export const restartLoop = (on: BenchInstance) =>
  loop(
    on,
    "restart loop",
    "systemctl restart and a wait for the port, process by process; nginx in front, max_fails=0, no upstream keep-alive",
    "restart-loop.sh",
  );

/** The same, with `nginx -s reload` before and after each process. */
export const reloadLoop = (on: BenchInstance) =>
  loop(
    on,
    "nginx reload loop",
    "each process marked down, nginx -s reload and a wait until it has happened, restart, marked up, reload; nginx in front",
    "reload-loop.sh",
  );

function loop(on: BenchInstance, name: string, how: string, script: string): Way {
  return {
    name,
    how,
    url: `http://${on.address}`,
    host: peerHost,
    async start() {
      await startUnits(on);
      await startSite(on, "each its own");
    },
    deploy: () => on.timed(`bash -eu ${folder}/${script}`),
    // The loop is a shell that runs only during a deploy.
    memory: async () => ({}),
    async stop() {
      await stopSite(on);
      await stopUnits(on);
    },
  };
}
