import { expect, test } from "vitest";
import { changesOfSection } from "./field-change.ts";
import { service } from "./service-changes.ts";
import { type Planned, tableOf, tablesIn, withTables } from "./table.ts";

const planned = (name: string, effect: "in place" | "replacement", deeds = ""): Planned[] =>
  changesOfSection(service)
    .filter(({ field }) => field === `services.<name>.${name}`)
    .map((change) => ({ change, outcome: { effect, deeds } }));

test("fields that do the same share a row, and one with several changes says which", () => {
  const all = [
    ...planned("umask", "in place"),
    ...planned("protocol", "replacement", "destroys `aws_lb_target_group`"),
    ...planned("parallel", "in place"),
  ];
  expect(tableOf("A service", "services.<name>.", all)).toBe(
    [
      "### A service (`services.<name>`)",
      "",
      "| field | a running service | Terraform |",
      "| --- | --- | --- |",
      "| `umask`, `parallel` | in place | |",
      '| `protocol` (left out → `"http2"`), `protocol` (left out → `"grpc"`) | **replacement**, only with the label | destroys `aws_lb_target_group` |',
    ].join("\n"),
  );
});

test("a page keeps what is outside the marks", () => {
  const page = "before\n\n<!-- field changes -->\nold\n<!-- /field changes -->\n\nafter\n";
  const written = withTables(page, "| new |");
  expect(written).toBe(
    "before\n\n<!-- field changes -->\n\n| new |\n\n<!-- /field changes -->\n\nafter\n",
  );
  expect(tablesIn(written)).toBe("| new |");
});
