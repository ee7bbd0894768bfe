import { nodeHttp } from "../../lib/http.ts";
import { describe } from "../../lib/problem.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Probe } from "../core/effects.ts";
import { probeHeaders } from "../core/probe-headers.ts";

/** A probe without an answer in this time has failed. */
export const probeTimeoutMs = 2000;

/** Probes over HTTP, on a new connection each time. */
export function httpProbe(service: Pick<ServiceFile, "hosts" | "plainHttp" | "probe">): Probe {
  const http = nodeHttp({ keepAlive: false });
  const headers = probeHeaders(service);
  return {
    async ask(port, path) {
      try {
        const url = `http://127.0.0.1:${port}${path}`;
        const answer = await http({ method: "GET", url, headers, timeoutMs: probeTimeoutMs });
        const release = answer.headers["shoestring-release"];
        const { status } = answer;
        return typeof release === "string" ? { status, release } : { status };
      } catch (error) {
        return { error: describe(error) };
      }
    },
  };
}
