import { expect, test } from "vitest";
import { Problem } from "../../lib/problem.ts";
import { type SeededRandom, seededRandom } from "../../lib/seeded-random.ts";
import type { Cluster, ServiceSpec } from "../../modules/cluster/index.ts";
import { nameFaults } from "./names.ts";
import { asFile, synthesiseClusters } from "./synthesise-clusters.ts";

const seed = Number(process.env.SEED ?? 20_261_130);
const rounds = Number(process.env.ROUNDS ?? 24);

/** Parts of names that the stacks use themselves, and some that people do. */
const parts = [
  ...["eu", "web", "qa", "shoestring", "deploy", "push", "policy", "assume", "attachment", "plan"],
  ...["announce", "dead", "consul", "consul-1", "clients", "public", "alarms", "errors", "slow"],
  ...["instances", "database", "task", "tasks", "execution", "artifacts", "internal", "config"],
  ...["grpc", "flow-logs", "parameters", "load-balancer", "postgres17"],
];

const oneOf = (random: SeededRandom, these: readonly string[]) =>
  these[random.below(these.length)] as string;

/** Names of a cluster's services, apps or databases; each may begin or end like the one before. */
function someNames(random: SeededRandom, most: number): string[] {
  const names = [oneOf(random, parts)];
  while (names.length < most && random.chance(0.7)) {
    const [part, before] = [oneOf(random, parts), names.at(-1)];
    const joined = random.chance(0.5) ? `${before}-${part}` : `${part}-${before}`;
    names.push(random.chance(0.6) ? joined : part);
  }
  return [...new Set(names)].map((it) => (random.chance(0.01) ? `${it}-` : it));
}

const image = `example/app@sha256:${"0".repeat(64)}`;

function aCluster(random: SeededRandom, name: string, at: number): Cluster {
  const [owner = "web", ...others] = someNames(random, 3);
  const service = (instances: ServiceSpec["instances"], differs = {}): ServiceSpec => ({
    instances,
    command: ["./run"],
    ...(random.chance(0.2) ? { http: random.chance(0.5) ? "internal" : "none" } : {}),
    ...(random.chance(0.1) ? { protocol: "grpc" } : {}),
    ...(random.chance(0.5) ? { repository: "example/app" } : {}),
    ...differs,
  });
  const beside = others.map((it, n): [string, ServiceSpec] => [
    it,
    random.chance(0.5)
      ? service({ sharedWith: owner }, { basePort: 9000 + 1000 * n })
      : service({ min: 1, max: 2 }),
  ]);
  const apps = random.chance(0.4) ? someNames(random, 2) : [];
  const databases = random.chance(0.3) ? someNames(random, 1) : [];
  return {
    name,
    cidr: `10.${at}.0.0/16`,
    account: "111111111111",
    region: random.chance(0.8) ? "eu-central-1" : "eu-west-1",
    dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
    ...(random.chance(0.2) && apps.length === 0 ? { nat: "none" } : {}),
    ...(random.chance(0.2) ? { flowLogs: true } : {}),
    services: { [owner]: service({ min: 1, max: 2 }), ...Object.fromEntries(beside) },
    apps: Object.fromEntries(apps.map((it) => [it, { image }])),
    databases: Object.fromEntries(databases.map((it) => [it, {}])),
  };
}

/** Two clusters; often one's name is the beginning of the other's. */
function someClusters(random: SeededRandom): Cluster[] {
  const name = oneOf(random, parts);
  const other = random.chance(0.7) ? `${name}-${oneOf(random, parts)}` : oneOf(random, parts);
  return [...new Set([name, other])].map((it, at) => aCluster(random, it, at));
}

/** The stacks, or the words in which they are refused. */
function synthesised(clusters: readonly Cluster[]): Map<string, string> | string {
  try {
    return synthesiseClusters(clusters.map(asFile));
  } catch (error) {
    if (error instanceof Problem) return error.happened;
    throw error;
  }
}

test("whatever cluster files are accepted, no two things have one name, and AWS takes each", {
  timeout: 300_000, // for more ROUNDS
}, () => {
  const random = seededRandom(seed);
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const clusters = someClusters(random);
    const hint = `SEED=${seed} round ${round}: ${JSON.stringify(clusters)}`;
    let stacks: ReturnType<typeof synthesised>;
    try {
      stacks = synthesised(clusters);
    } catch (cause) {
      throw new Error(`no Problem, but a crash. ${hint}`, { cause });
    }
    if (typeof stacks === "string") continue;
    accepted++;
    expect(nameFaults(stacks), hint).toEqual([]);
  }
  console.log(`seed ${seed}: ${accepted} of ${rounds} pairs of clusters accepted`);
  expect(accepted).toBeGreaterThan(rounds / 6);
});
