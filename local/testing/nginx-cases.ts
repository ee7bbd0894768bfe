import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { frontPort, processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { inImage } from "./in-image.ts";

/** Services of one machine, and requests to it as they go over the wire. */
export interface NginxCase {
  readonly services: readonly ServiceFile[];
  readonly requests?: readonly string[];
}

export interface NginxOutcome {
  /** What the image's nginx says against the sites; "" where it accepts them without a warning. */
  readonly refusal: string;
  /** For each request the service that got it with its URL, or the status. */
  readonly answers: readonly string[];
}

/** Gives the sites that a machine writes at boot to the image's nginx, and sends requests. */
export async function runNginxCases(cases: readonly NginxCase[]): Promise<NginxOutcome[]> {
  const written = cases.map(({ services, requests = [] }) => ({
    files: Object.fromEntries(renderSites(services)),
    fronts: Object.fromEntries(
      services.flatMap((service) =>
        processNumbers(service).map((n) => [frontPort(service, n), service.service]),
      ),
    ),
    requests,
  }));
  const program = readFileSync(join(import.meta.dirname, "nginx-cases.js"), "utf8");
  const files = { "/cases.json": JSON.stringify(written), "/cases.js": program };
  const { code, stdout, stderr } = await inImage(files, "node /cases.js");
  if (code !== 0) throw new Error(`nginx's cases ended with ${code}: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as NginxOutcome);
}

/** A request as it goes over the wire. */
export const wire = (host: string, target: string, headers: readonly string[] = []) =>
  [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...headers, "Connection: close", "", ""].join("\r\n");
