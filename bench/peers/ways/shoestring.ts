import type { Consul } from "../../../lib/consul.ts";
import { readDeploy, readReports } from "../../../local/demo/scenario.ts";
import { shoestring } from "../../../local/demo/shoestring.ts";
import { type BenchInstance, processesOf, residentMegabytes } from "../bench-instance.ts";
import type { Way } from "./way.ts";

/**
 * The real agent of the instance, with the cluster's defaults. A deploy is a restart: written to
 * Consul by the CLI and timed from that write.
 */
export function shoestringWay(on: BenchInstance, consul: Consul): Way {
  return {
    name: "shoestring",
    how: "the instance's agent and Consul client, strategy overlap, parallel auto, minHealthyTime 0.5 s; nginx in front",
    url: `http://${on.address}`,
    host: "web.local",
    async start() {},
    async deploy() {
      await shoestring("restart", "web", "--wait");
      const deploy = await readDeploy(consul);
      const [report] = await readReports(consul, deploy);
      return {
        from: Date.parse(deploy.at),
        served: Date.parse(report?.servedAt as string),
        ended: Date.parse(report?.endedAt as string),
      };
    },
    async memory() {
      return {
        agent: await residentMegabytes(on, processesOf("shoestring-agent")),
        "Consul client": await residentMegabytes(on, processesOf("consul")),
      };
    },
    async stop() {},
  };
}
