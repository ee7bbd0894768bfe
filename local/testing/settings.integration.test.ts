import { expect, test } from "vitest";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { unitFiles } from "../../agent/linux/systemd.ts";
import { synthesiseClusters } from "../../ci/stacks/synthesise-clusters.ts";
import { Problem } from "../../lib/problem.ts";
import { seededRandom } from "../../lib/seeded-random.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { readSynthesised } from "../../modules/testing/synthesise.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import { userDataFiles } from "../region/blueprint.ts";
import { generateSettings } from "./generated-settings.ts";
import { inImage } from "./in-image.ts";
import { runNginxCases } from "./nginx-cases.ts";

const seed = Number(process.env.SHOESTRING_SEED ?? 1);
const machines = 20;

/** The services of each machine of a cluster; undefined where the synth refuses it. @throws no Problem */
function synthesised(cluster: Cluster): ServiceFile[][] | undefined {
  let text: string | undefined;
  try {
    text = synthesiseClusters([{ file: cluster.name, cluster }]).get(cluster.name);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw new Error(`no Problem, but a crash: ${JSON.stringify(cluster)}`, { cause: error });
  }
  const templates = readSynthesised(text ?? "{}").resources("aws_launch_template");
  return Object.values(templates).flatMap(({ user_data }) => {
    const files = [...userDataFiles(Buffer.from(user_data, "base64").toString())];
    const services = files
      .filter(([path]) => path.startsWith("/etc/shoestring/services/"))
      .map(([, json]) => ServiceFile.parse(JSON.parse(json)));
    return services.length > 0 ? [services] : [];
  });
}

test("whatever a cluster file may say, the image's systemd and nginx take what an instance makes of it", async () => {
  const random = seededRandom(seed);
  console.log(`SHOESTRING_SEED=${seed}`);
  const taken: ServiceFile[][] = [];
  let refused = 0;
  while (taken.length < machines) {
    const found = synthesised(generateSettings(random));
    if (found === undefined) refused += 1;
    taken.push(...(found ?? []));
  }
  console.log(`${taken.length} machines, ${refused} clusters refused`);

  const outcomes = await runNginxCases(taken.map((services) => ({ services })));
  for (const [i, services] of taken.entries()) {
    expect(renderSites(services).size).toBeGreaterThan(0);
    expect(outcomes[i]?.refusal, JSON.stringify(services)).toBe("");
  }

  const units = taken.flatMap((services, i) =>
    services.flatMap((service) =>
      unitFiles(service).map(([name, text]) => [`/units/${i}/${name}`, text] as const),
    ),
  );
  const mistake = "[Service]\nExecStart=/bin/true\nKillSignal=NOTHING\n";
  const { stdout } = await inImage(
    { ...Object.fromEntries(units), "/units/planted/mistake.service": mistake },
    'for folder in /units/*; do cd "$folder"; systemd-analyze verify --man=no ./* 2>&1; done; true',
  );
  const lines = stdout.trim().split("\n");
  expect(lines.filter((line) => !line.includes("mistake.service"))).toEqual([]);
  expect(stdout).toContain("NOTHING");
}, 300_000);
