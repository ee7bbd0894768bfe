/** `make dev`: the local region up, and the agent built and restarted in it after each change. */
import { type BuildResult, context } from "esbuild";
import { agentBuild } from "../../agent/build.ts";
import { local } from "../../clusters/local.ts";
import { describe } from "../../lib/problem.ts";
import { timeOfDay } from "../../lib/time-of-day.ts";
import { regionAt, up } from "../region/index.ts";
import { redeployAgent } from "./redeploy-agent.ts";

const log = (line: string) => console.log(line);
const region = regionAt();
const bundle = region.path("build", "dev");

const { url, instances } = await up(region, { cluster: local, log });
const names = instances.map(({ name }) => name);
log(`up: ${url}; Ctrl-C ends the watch, and make down the region`);
log("to deploy a folder there: npx shoestring release push FOLDER --service web --wait");

const agent = await context({
  ...agentBuild(bundle),
  logLevel: "error",
  plugins: [{ name: "redeploy", setup: (build) => build.onEnd(redeploy) }],
});
await agent.watch();

async function redeploy({ errors }: BuildResult): Promise<void> {
  if (errors.length > 0) return; // esbuild has printed them
  const from = Date.now();
  try {
    await redeployAgent(region, names, bundle);
    const seconds = ((Date.now() - from) / 1000).toFixed(1);
    log(
      `${timeOfDay(new Date().toISOString())}: the agent runs on ${names.join(", ")}: ${seconds} s`,
    );
  } catch (error) {
    log(describe(error));
  }
}
