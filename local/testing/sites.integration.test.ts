import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeSites } from "../../agent/linux/nginx/write-sites.ts";
import { aService } from "../../agent/testing/builders.ts";
import { synthesiseClusters } from "../../ci/stacks/synthesise-clusters.ts";
import { type SeededRandom, seededRandom } from "../../lib/seeded-random.ts";
import { overlap } from "../../modules/load-balancer/pattern.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { type Arguments, readSynthesised } from "../../modules/testing/synthesise.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import { userDataFiles } from "../region/blueprint.ts";
import { generateCluster } from "./generated-clusters.ts";
import { inImage } from "./in-image.ts";
import { runNginxCases, wire } from "./nginx-cases.ts";

const seed = Number(process.env.SHOESTRING_SEED ?? 1);

interface Synthesised {
  /** The services of each group of machines, as its user data names them. */
  readonly machines: readonly ServiceFile[][];
  /** The rules of the load balancer, in its order. */
  readonly rules: readonly Arguments[];
}

/** What Terraform would make of a cluster; undefined where the synth refuses it. */
function synthesised(cluster: Cluster): Synthesised | undefined {
  let text: string | undefined;
  try {
    text = synthesiseClusters([{ file: cluster.name, cluster }]).get(cluster.name);
  } catch {
    return undefined;
  }
  const { resources } = readSynthesised(text ?? "{}");
  const machines = Object.values(resources("aws_launch_template")).map(({ user_data }) => {
    const files = userDataFiles(Buffer.from(user_data, "base64").toString());
    const texts = [...files].filter(([path]) => path.startsWith("/etc/shoestring/services/"));
    return texts.map(([, json]) => ServiceFile.parse(JSON.parse(json)));
  });
  const rules = Object.values(resources("aws_lb_listener_rule"));
  return {
    machines: machines.filter((services) => services.length > 0),
    rules: rules.sort((a, b) => a.priority - b.priority),
  };
}

interface Asked {
  readonly host: string;
  readonly path: string;
}

/** Requests that the patterns of some services match, or nearly. */
function requestsFor(cluster: Cluster, services: readonly ServiceFile[], random: SeededRandom) {
  const fill = (pattern: string, values: readonly string[]) =>
    pattern.replaceAll(/[*?]/g, (mark) =>
      mark === "?" ? "a" : (values[random.below(values.length)] as string),
    );
  return services.flatMap(({ service, hosts }): Asked[] =>
    hosts.flatMap((host) =>
      (cluster.services[service]?.paths ?? ["/", "/api/x", "/%61pi/x", "/api"]).map((path) => ({
        host: fill(host, ["a", "x.b"]),
        path: fill(path, ["/", "/x", "/%2f", "/a/b"]).replace(/^(?!\/)/, "/"),
      })),
    ),
  );
}

/** The service that the load balancer sends a request to. */
function byRules(rules: readonly Arguments[], { host, path }: Asked): string | undefined {
  const matches = ({ host_header, path_pattern }: Arguments) =>
    host_header
      ? host_header.values.some((it: string) => overlap(it.toLowerCase(), host.toLowerCase()))
      : path_pattern.values.some((it: string) => overlap(it, path));
  return rules.find(({ condition }) => condition.every(matches))?.tags.Name;
}

test("the image's nginx accepts each site that boot writes, and takes services in the load balancer's order", async () => {
  const random = seededRandom(seed);
  console.log(`SHOESTRING_SEED=${seed}`);
  const cases: { services: ServiceFile[]; rules: readonly Arguments[]; asked: Asked[] }[] = [];
  let refused = 0;
  while (cases.length < 20) {
    const cluster = generateCluster(random);
    const made = synthesised(cluster);
    if (made === undefined) refused += 1;
    for (const services of made?.machines ?? []) {
      const { rules } = made as Synthesised;
      cases.push({ services, rules, asked: requestsFor(cluster, services, random) });
    }
  }
  const outcomes = await runNginxCases(
    cases.map(({ services, asked }) => ({
      services,
      requests: asked.map(({ host, path }) => wire(host, `${path}?q=/api/`)),
    })),
  );
  const wrong: unknown[] = [];
  let shared = 0;
  for (const [i, { services, rules, asked }] of cases.entries()) {
    const { refusal, answers } = outcomes[i] ?? { refusal: "no outcome", answers: [] };
    expect(refusal, `SHOESTRING_SEED=${seed}: ${JSON.stringify(services)}`).toBe("");
    for (const [at, request] of asked.entries()) {
      const expected = byRules(rules, request);
      const here = services.find(({ service }) => service === expected);
      // What the load balancer sends to other machines never comes here; and these processes speak
      // HTTP/1.1.
      if (!here || here.protocol !== undefined) continue;
      if (here.rule) shared += 1;
      const answer = `${expected} ${request.path}?q=/api/`;
      if (answers[at] !== answer) wrong.push({ request, expected: answer, is: answers[at] });
    }
  }
  expect(wrong, `SHOESTRING_SEED=${seed}`).toEqual([]);
  console.log(`${cases.length} machines, ${refused} clusters refused, ${shared} of shared hosts`);
  expect(shared).toBeGreaterThan(30);
}, 300_000);

test("a site that the image's nginx refuses is left out, and it starts for the others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sites-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const exec = async () => {
    const files = readdirSync(folder).map((name) => [
      `/etc/nginx/conf.d/${name}`,
      readFileSync(join(folder, name), "utf8"),
    ]);
    const here = { ...Object.fromEntries(files), "/run/shoestring/here": "" };
    const { code, stderr } = await inImage(here, "nginx -t -q");
    if (code !== 0) throw new Error(stderr);
    return "";
  };
  const services = [
    aService({ service: "api", hosts: ["api.test"], basePort: 9000 }),
    // No cluster file can say this; a file that somebody edited can.
    aService({ service: "bad", ping: '/"; nonsense', basePort: 10_000 }),
    aService(),
  ];
  const logged: unknown[] = [];
  await writeSites(services, {
    exec,
    folder,
    log: (event, more) => logged.push({ event, ...more }),
  });
  expect(await exec()).toBe("");
  expect(readdirSync(folder).sort()).toEqual(["_default.conf", "api.conf", "web.conf"]);
  expect(logged).toEqual([
    {
      event: "service.unusable",
      service: "bad",
      error: expect.stringContaining("[emerg]"),
    },
  ]);
});

test("headers that the load balancer passes pass nginx in both directions", async () => {
  const kib = (n: number) => "x".repeat(n * 1024 - 200);
  const long = [1, 2, 3, 4].map((i) => `X-Long-${i}: ${kib(15)}`);
  const requests = [
    wire("web.test", `/?${kib(16)}`),
    wire("web.test", "/", [`Cookie: ${kib(16)}`]),
    wire("web.test", "/", long),
    wire("web.test", `/?answer=${32 * 1024 - 500}`),
  ];
  const [outcome] = await runNginxCases([{ services: [aService()], requests }]);
  expect(outcome?.answers.map((answer) => answer.slice(0, 5))).toEqual(Array(4).fill("web /"));
});
