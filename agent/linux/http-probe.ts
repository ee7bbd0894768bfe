import { nodeHttp } from "../../lib/http.ts";
import { describe } from "../../lib/problem.ts";
import type { Probe } from "../core/effects.ts";

/** A probe without an answer in this time has failed. */
const probeTimeoutMs = 2000;

/** Probes over HTTP, on a new connection each time. */
export function httpProbe(): Probe {
  const http = nodeHttp({ keepAlive: false });
  return {
    async ask(port, path) {
      try {
        const url = `http://127.0.0.1:${port}${path}`;
        const { status, headers } = await http({ method: "GET", url, timeoutMs: probeTimeoutMs });
        const release = headers["shoestring-release"];
        return typeof release === "string" ? { status, release } : { status };
      } catch (error) {
        return { error: describe(error) };
      }
    },
  };
}
