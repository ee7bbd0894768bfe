import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { endTestRegion, type RegionUnderTest } from "../local/testing/region-under-test.ts";
import { local as django } from "./django/local.ts";
import {
  addressOnBridge,
  keepSecrets,
  longestMs,
  losesNothing,
  pushed,
  regionOf,
  rollEach,
} from "./testing/example-region.ts";
import { startPostgres } from "./testing/postgres.ts";

afterAll(endTestRegion);

test("Django, across four releases, a migration that fails and a rollback, loses no request", {
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
    postgres.query("select name from django_migrations where app = 'catalog'");
  expect(migrations()).toBe("0001_products");

  const paths = ["/", "/products", "/healthz", "/slow?seconds=4"];
  await losesNothing(on, paths, async () => {
    const times = await rollEach(on, example.service, release);
    await on.shoestring("unhold", example.service);
    return [...times, await refuses(on, example.service, withFailingMigration(release))];
  });
  expect(migrations()).toBe("0001_products");
});

/** Copies a Django release, and adds a migration that fails after it has changed something. */
function withFailingMigration(release: string): string {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-migration-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(release, folder, { recursive: true });
  const migration = `from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_products")]
    operations = [
        migrations.RunSQL("alter table catalog_product add column colour text"),
        migrations.RunSQL("alter table catalog_order add column colour text"),
    ]
`;
  writeFileSync(join(folder, "catalog", "migrations", "0002_colours.py"), migration);
  return folder;
}

/** Expects that a release fails by its step before it. @returns how long that took */
async function refuses(on: RegionUnderTest, service: string, release: string): Promise<string> {
  const from = Date.now();
  const push = ["release", "push", release, "--service", service, "--wait", "--timeout", "600"];
  const { code, err } = await on.shoestring(...push);
  expect([code, err]).toEqual([1, expect.stringContaining("ProgrammingError: relation")]);
  return `a migration that fails ${((Date.now() - from) / 1000).toFixed(1)} s`;
}
