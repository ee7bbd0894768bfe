import { join } from "node:path";
import { cached } from "../../tools/cache.ts";
import { ensureGoProgram } from "../../tools/go-program.ts";
import { stream } from "../../tools/stream.ts";

/** The peers' exact versions. The others come from Debian: nginx in the image, HAProxy here. */
export const peerVersions = { pm2: "7.0.4", consulTemplate: "0.41.1" } as const;

/** pm2 with its packages, in the cache: it is measured here and is not a dependency. */
export function ensurePm2(log: (line: string) => void): Promise<string> {
  const { pm2 } = peerVersions;
  return cached(join("pm2", pm2), async (path) => {
    log(`pm2 ${pm2} is downloaded, once`);
    await stream(
      "npm",
      ["install", "--prefix", path, "--no-audit", "--no-fund", "--omit=optional", `pm2@${pm2}`],
      { next: "see that npm reaches its registry: npm ping" },
    );
  });
}

export const ensureConsulTemplate = (log: (line: string) => void): Promise<string> =>
  ensureGoProgram(
    {
      name: "consul-template",
      version: peerVersions.consulTemplate,
      modulePath: "github.com/hashicorp/consul-template",
      takes: "about 2 minutes on 2 cores",
    },
    log,
  );
