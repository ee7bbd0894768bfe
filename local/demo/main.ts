/** `make demo`: the whole story on this machine. `--keep` leaves the region up. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { local } from "../../clusters/local.ts";
import type { Consul } from "../../lib/consul.ts";
import { describe, Problem, threeLines } from "../../lib/problem.ts";
import type { ProcessReport } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { checkout } from "../host/region.ts";
import type { Load } from "../load/load.ts";
import { down, regionAt, up } from "../region/index.ts";
import type { Scene } from "./grid.ts";
import { DemoResult, exitCode, resultTable } from "./result.ts";
import { readDeploy, runScenario } from "./scenario.ts";
import { screen } from "./screen.ts";

const { values } = parseArgs({ options: { keep: { type: "boolean" } } });
const startedAt = Date.now();
const elapsed = () => (Date.now() - startedAt) / 1000;
const show = screen(process.stdout, Date.now);
const say = (line: string) => show.say(`${elapsed().toFixed(0).padStart(4)} s  ${line}`);

let act = "the region comes up";
let scene: Scene = {
  act,
  elapsedSeconds: 0,
  requestsPerSecond: 0,
  requests: 0,
  lost: 0,
  instances: {},
};

/** Draws a few times a second, from the load's counts and the agents' reports. */
function watch(load: Load, consul: Consul): void {
  let before = { answered: 0, at: Date.now() };
  let rate = 0;
  const draw = async () => {
    try {
      const { answered, lost } = await load.snapshot();
      const now = Date.now();
      if (now - before.at >= 1000) {
        rate = Math.round(((answered - before.answered) / (now - before.at)) * 1000);
        before = { answered, at: now };
      }
      const instances = await readGrid(consul);
      scene = {
        act,
        elapsedSeconds: elapsed(),
        requestsPerSecond: rate,
        requests: answered,
        lost,
        instances,
      };
      show.show(scene);
      setTimeout(draw, 250);
    } catch {
      // The load has ended, so nothing is drawn any more.
    }
  };
  void draw();
}

async function readGrid(consul: Consul): Promise<Scene["instances"]> {
  const { revision } = await readDeploy(consul);
  const { found } = await consul.list(keys.rolloutInstances("web", revision));
  const reports = found.map(({ value }) => JSON.parse(value));
  return Object.fromEntries(
    reports.map((r): [string, Record<string, ProcessReport>] => [r.instance, r.processes]),
  );
}

const region = regionAt();
process.env.SHOESTRING_REGION = region.directory;
const tearDown = async () => {
  if (values.keep) return;
  say("the region is taken down");
  await down(region);
};
process.once("SIGINT", () => void tearDown().finally(() => process.exit(130)));

try {
  say("a cluster of two real machines comes up: 2 instances × 4 processes of `web`");
  const file = await up(region, { cluster: local, install: true, log: say });
  const result = await runScenario({
    region,
    cluster: local,
    file,
    watch,
    act: (what) => {
      act = what;
      say(what);
    },
  });
  mkdirSync(join(checkout, "out"), { recursive: true });
  writeFileSync(
    join(checkout, "out", "demo.json"),
    `${JSON.stringify(DemoResult.parse(result), null, 2)}\n`,
  );
  await tearDown();
  show.say(
    [
      "",
      ...resultTable(result),
      "",
      `  out/demo.json is written, after ${elapsed().toFixed(0)} s`,
    ].join("\n"),
  );
  process.exit(exitCode(result));
} catch (error) {
  show.say(error instanceof Problem ? threeLines(error) : `failed: ${describe(error)}`);
  await tearDown();
  process.exit(1);
}
