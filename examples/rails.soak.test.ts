import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { endTestRegion, type RegionUnderTest } from "../local/testing/region-under-test.ts";
import { until } from "../local/testing/until.ts";
import { local as rails } from "./rails/local.ts";
import { eachTimeRanOnce } from "./testing/cron-runs.ts";
import {
  addressOnBridge,
  keepSecrets,
  longestMs,
  losesNothing,
  pushed,
  refused,
  regionOf,
  rollEach,
} from "./testing/example-region.ts";
import { startGetLoad } from "./testing/get-load.ts";
import { startPageLoad } from "./testing/page-load.ts";
import { startPostgres } from "./testing/postgres.ts";
import { startRedis } from "./testing/redis.ts";
import { restyle } from "./testing/restyle.ts";

afterAll(endTestRegion);

test("Rails, across four releases, a rollback and a migration that fails, loses no request or stylesheet, and runs each job of 25 s and each scheduled command once", {
  timeout: longestMs,
}, async () => {
  const example = { folder: "rails", cluster: rails, service: "store" };
  const { on, instances, release } = await regionOf(example);
  const redis = await startRedis(addressOnBridge(on));
  onTestFinished(redis.end);
  const postgres = startPostgres(addressOnBridge(on), "store");
  onTestFinished(postgres.end);
  const secrets = { rails: { secret_key_base: "x".repeat(64) }, redis: { url: redis.url } };
  await keepSecrets(on, "store", { ...secrets, database: postgres.secret });
  await pushed(on, example.service, release);
  await on.healthy(instances);

  const jobs: (string | undefined)[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      jobs.push(await startJob(on, 25));
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  })();
  asking.catch(() => {}); // awaited below
  const loads = [startGetLoad(on, ["/", "/up", "/slow?seconds=4"]), startPageLoad(on)];
  await losesNothing(loads, async () => {
    const change = (name: string) => {
      restyle(release, name);
      migrate(release, "20260102000000_add_colour", good);
    };
    const times = await rollEach(on, example.service, release, change);
    await on.shoestring("unhold", example.service);
    migrate(release, "20260103000000_add_size", bad);
    return [...times, await refused(on, example.service, release, "PG::UndefinedTable")];
  });
  expect(postgres.query("select max(version) from schema_migrations")).toBe("20260102000000");
  isOver = true;
  await asking;

  const ran = async (what: string) => {
    const logs = instances.map((it) => on.on(it, "journalctl", "--output=cat", "--no-pager"));
    const lines = (await Promise.all(logs)).join("\n");
    return [...lines.matchAll(new RegExp(`report (\\S+) ${what}`, "g"))].map(([, id]) => id);
  };
  const ofCron = await ran("is asked for");
  const all = [...jobs, ...ofCron];
  await until("the end of all jobs", async () => isSubset(all, await ran("is done")), 120);
  const only = async (what: string) => (await ran(what)).filter((id) => all.includes(id)).sort();
  console.log(`${jobs.length} jobs of 25 s, and ${ofCron.length} of cron`);
  expect(await only("begins")).toEqual(all.sort());
  expect(await only("is done")).toEqual(all.sort());
  const report = { service: example.service, name: "report", everySeconds: 60 };
  console.log(await eachTimeRanOnce(on, instances, report));
});

/** A column that neither release needs: both can live with it. */
const good = `class AddColour < ActiveRecord::Migration[7.2]
  def change = add_column(:orders, :colour, :string)
end
`;
/** Fails after it has changed something. */
const bad = `class AddSize < ActiveRecord::Migration[7.2]
  def change
    add_column :orders, :size, :string
    add_column :customers, :size, :string
  end
end
`;

/** Adds a migration to a built release. */
const migrate = (release: string, name: string, text: string) =>
  writeFileSync(join(release, "db", "migrate", `${name}.rb`), text);

const isSubset = (some: readonly unknown[], all: readonly unknown[]) =>
  some.every((it) => all.includes(it));

/** @returns the id of a job that takes so long */
function startJob({ url, host }: RegionUnderTest, seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, "content-length": "0" };
    const asked = request(`${url}/jobs?seconds=${seconds}`, { method: "POST", headers }, (answer) =>
      text(answer)
        .then((body) => resolve((JSON.parse(body) as { id: string }).id))
        .catch(reject),
    );
    asked.on("error", reject);
    asked.end();
  });
}
