import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clusterForm } from "../../modules/cluster/form.ts";
import { placesOf } from "../../modules/shared/form.ts";
import { baseCluster } from "./base-cluster.ts";
import { changedCluster, changesOfSection, valueAt } from "./field-change.ts";
import { sections } from "./sections.ts";
import { pageFile, tablesIn } from "./table.ts";

const changes = sections.flatMap(changesOfSection);

test("every field that a cluster's file may have has a change", () => {
  const fields = new Set(changes.map(({ field }) => field));
  expect([...fields].sort()).toEqual([...placesOf(clusterForm)].sort());
});

test.each(changes)("$field changes to another value", (change) => {
  expect(valueAt(changedCluster(change), change.path)).toEqual(change.to);
  expect(changedCluster(change)).not.toEqual(baseCluster);
});

test("every field is in its section's table on the page: else make field-changes", () => {
  const page = readFileSync(join(import.meta.dirname, "../..", pageFile), "utf8");
  const tables = tablesIn(page).split(/^### /m).slice(1);
  expect(tables.map((it) => it.split(/ \(|\n/)[0])).toEqual(sections.map(({ title }) => title));
  for (const [index, { changes: ofSection }] of sections.entries()) {
    const missing = Object.keys(ofSection).filter((it) => !tables[index]?.includes(`\`${it}\``));
    expect(missing).toEqual([]);
  }
});
