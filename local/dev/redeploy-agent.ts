import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { execOn, type Region } from "../region/index.ts";

/** Replaces a file at once, so that an agent that starts meanwhile finds a whole one. */
const replace = (file: string) => `cat > ${file}.new && mv ${file}.new ${file}`;

/**
 * Puts a bundle of the agent into running instances, and restarts the agent there. The services'
 * processes go on.
 *
 * @param bundle the folder with agent.js and aws.js.
 * @throws Problem where an instance does not run, or its agent does not start.
 */
export async function redeployAgent(
  region: Region,
  instances: readonly string[],
  bundle: string,
): Promise<void> {
  await Promise.all(instances.map((instance) => redeployOn(region, instance, bundle)));
}

async function redeployOn(region: Region, instance: string, bundle: string): Promise<void> {
  for (const name of ["agent.js", "aws.js"]) {
    const input = readFileSync(join(bundle, name), "utf8");
    await shell(region, instance, replace(`/opt/shoestring/${name}`), input);
  }
  await shell(region, instance, "systemctl restart shoestring-agent");
}

async function shell(region: Region, instance: string, command: string, input = "") {
  const { code, stderr } = await execOn(region, instance, ["sh", "-ec", command], { input });
  if (code === 0) return;
  throw new Problem({
    happened: `the agent of ${instance} was not replaced: ${stderr.trim()}`,
    unchanged: "the services' processes go on",
    next: `look at: npx shoestring local exec ${instance} -- journalctl -u shoestring-agent -n 20`,
  });
}
