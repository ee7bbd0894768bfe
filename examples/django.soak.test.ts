import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { endTestRegion } from "../local/testing/region-under-test.ts";
import { local as django } from "./django/local.ts";
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
import { restyle } from "./testing/restyle.ts";

afterAll(endTestRegion);

test("Django, across four releases, a rollback and a migration that fails, loses no request, stylesheet or scheduled command", {
  timeout: longestMs,
}, async () => {
  const example = { folder: "django", cluster: django, service: "catalog" };
  const { on, instances, release } = await regionOf(example);
  const postgres = startPostgres(addressOnBridge(on), "catalog");
  onTestFinished(postgres.end);
  const secrets = { django: { secret_key: "of the test" }, database: postgres.secret };
  await keepSecrets(on, "catalog", secrets);
  await pushed(on, example.service, release);
  await on.healthy(instances);
  const migrations = () =>
    postgres.query("select name from django_migrations where app = 'catalog' order by name");
  expect(migrations()).toBe("0001_products");

  const paths = ["/", "/products", "/healthz", "/slow?seconds=4"];
  await losesNothing([startGetLoad(on, paths), startPageLoad(on)], async () => {
    const change = (name: string) => {
      restyle(release, name);
      migrate(release, "0002_colour", "0001_products", good);
    };
    const times = await rollEach(on, example.service, release, change);
    await on.shoestring("unhold", example.service);
    migrate(release, "0003_size", "0002_colour", bad);
    return [...times, await refused(on, example.service, release, "ProgrammingError: relation")];
  });
  expect(migrations()).toBe("0001_products\n0002_colour");
  const sessions = { service: example.service, name: "sessions", everySeconds: 20 };
  console.log(await eachTimeRanOnce(on, instances, sessions));
});

/** A column that neither release needs: both can live with it. */
const good = ["alter table catalog_product add column colour text"];
/** Fails after it has changed something. */
const bad = [
  "alter table catalog_product add column size text",
  "alter table catalog_order add column size text",
];

/** Adds a migration to a built release. */
function migrate(release: string, name: string, after: string, statements: readonly string[]) {
  const text = `from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("catalog", "${after}")]
    operations = [${statements.map((sql) => `migrations.RunSQL("${sql}")`).join(", ")}]
`;
  writeFileSync(join(release, "catalog", "migrations", `${name}.py`), text);
}
