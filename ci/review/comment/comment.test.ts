import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change, Kind } from "../plan/changes.ts";
import { driftOf } from "../plan/drift.ts";
import { aComparison, planned, recorded } from "../testing/recorded.ts";
import { longestComment, type Review, reviewComment, wholeReview } from "./comment.ts";

const aReview = (differs: Partial<Review> = {}): Review => ({
  comparison: aComparison(),
  reports: [planned("staging")],
  commit: "0123456789",
  runUrl: "https://github.com/acme/infra/actions/runs/1",
  ...differs,
});
const comment = (differs: Partial<Review> = {}) => reviewComment(aReview(differs));

const object = (kind: Kind, n: number, attributes: Change["attributes"] = []): Change => ({
  kind,
  address: `aws_vpc.number_${n}`,
  type: "aws_vpc",
  attributes,
});
const many = (kind: Kind, count: number, attributes?: Change["attributes"]) =>
  [...Array(count).keys()].map((n) => object(kind, n, attributes));

test("destroyed and replaced objects come before everything else", () => {
  const lines = comment().split("\n").filter(Boolean);
  expect(lines.slice(0, 5)).toEqual([
    "### Plan: 1 to destroy, 2 to replace, 1 to forget, 1 to create, 5 to update, 1 to import, 1 to move, 1 of outputs",
    "> [!CAUTION]",
    "> **staging** destroys `aws_sqs_queue.goes`: it is no longer in the code<br>",
    "> **staging** replaces `aws_sqs_queue.renamed`: `name` forces it<br>",
    "> **staging** replaces `terraform_data.half_way`: its last creation failed half-way (tainted)<br>",
  ]);
});

test("each changed stack can be opened, and the others share one line", () => {
  const reports = [planned("staging"), planned("production"), planned("dev", [])];
  const body = comment({ reports });
  expect(body.match(/<details><summary><b>\w+<\/b>/g)).toHaveLength(2);
  expect(body).toContain("Other stacks: 1 planned with no change, 3 with the same code as before.");
});

test("a replacement shows only the attributes that matter, and the whole review shows all", () => {
  expect(comment()).not.toContain("arn:aws:sqs");
  expect(wholeReview(aReview())).toContain("arn:aws:sqs");
});

test("a stack that could not be planned is in the title, and Terraform's error follows", () => {
  const reports = [{ stack: "staging", outcome: "failed", words: "no ``` credentials" } as const];
  const body = comment({ reports });
  expect(body).toContain("**1 of 1 could not be planned**");
  expect(body).toContain("````\nno ``` credentials\n````");
});

test("a job that ended without a report does not count as no change", () => {
  expect(comment({ reports: [] })).toContain("**1 of 1 could not be planned**");
});

test("deferred objects, and stacks that no workflow plans, are listed", () => {
  const deferred = [
    { ...planned("staging", []), deferred: ["aws_vpc.a: provider config unknown"] },
  ];
  expect(comment({ reports: deferred })).toContain("aws_vpc.a: provider config unknown");
  const left = [{ stack: "dev-config", why: "its Consul is inside" }];
  expect(comment({ comparison: aComparison({ left }) })).toContain(
    "- **dev-config**: its Consul is inside",
  );
});

test("drift is shown with the plan that reverts it", () => {
  const reports = [{ ...planned("staging", []), drift: driftOf(recorded("drift"), {}) }];
  expect(comment({ reports })).toContain("aws_cloudwatch_log_group.kept (somebody deleted it)");
});

test("a stack that is gone from the code is listed, with the note that nothing destroys its objects", () => {
  const gone = { stack: "dev", how: "removed", added: [], changed: [], removed: [], parts: [] };
  const changed = [gone as never];
  expect(comment({ comparison: aComparison({ changed }) })).toContain(
    "**dev** is no longer in the code, and nothing destroys what it has",
  );
});

test("a plan that destroys much asks for the label before the merge", () => {
  expect(comment()).not.toContain("destroy-reviewed");
  expect(comment({ reports: [planned("staging", many("destroy", 5))] })).toContain(
    "only with the label `destroy-reviewed`: 5 objects are destroyed or replaced",
  );
});

test("a change of no stack makes a comment of two lines", () => {
  const body = comment({ comparison: aComparison({ changed: [], plan: [] }), reports: [] });
  expect(body).toMatch(/^### Plan: no stack changes\n\nOther stacks: 3 with the same code/);
});

test("an address or a value cannot end the block that it is shown in", () => {
  const evil = "</details>```\n### @everyone";
  const change = { ...object("destroy", 1), address: `x["${evil}"]`, why: evil };
  const body = comment({ reports: [planned("staging", [change])] });
  expect(body).toContain("````diff");
  expect(body.split("\n").filter((line) => line.startsWith("### "))[0]).toBe(
    "### Plan: 1 to destroy",
  );
});

test("a review that is too long has less detail, and links to the whole", () => {
  const attribute = { path: "user_data", before: "x".repeat(150), after: "y".repeat(150) };
  const long = comment({ reports: [planned("staging", many("update", 400, [attribute]))] });
  expect(long).toContain("+ aws_vpc.number_399".replace("+", "!"));
  expect(long).not.toContain("user_data");
  expect(long).toContain("would be too long with all attributes. [The whole](https://github.com/");

  const longer = comment({ reports: [planned("staging", many("create", 5000))] });
  expect(longer).toContain("- <b>staging</b>: 5000 to create");
  expect(longer).not.toContain("number_399");
});

test("any review fits into a GitHub comment, and names what is destroyed", () => {
  const kinds = fc.constantFrom<Kind>("destroy", "replace", "create", "update");
  const stack = fc.record({
    kind: kinds,
    count: fc.nat(700),
    length: fc.constantFrom(1, 200, 9000),
    words: fc.constantFrom("", "e".repeat(80_000)),
  });
  fc.assert(
    fc.property(fc.array(stack, { maxLength: 12 }), (stacks) => {
      const names = stacks.map((_, at) => `stack-${at}`);
      const plan = names.map((name) => ({ stack: name, runner: "x" }));
      const reports = stacks.map(({ kind, count, length, words }, at) => {
        const name = names[at] as string;
        if (words) return { stack: name, outcome: "failed", words } as const;
        const changes = many(kind, count).map((it) => ({
          ...it,
          address: it.address.padEnd(length, "x"),
        }));
        return planned(name, changes);
      });
      const body = comment({ comparison: aComparison({ plan }), reports });
      expect(body.length).toBeLessThanOrEqual(longestComment);
      expect(body).toContain("[The whole](");
      const destroys = reports
        .flatMap((it) => (it.outcome === "planned" ? it.changes : []))
        .filter(({ kind }) => kind === "destroy").length;
      if (destroys > 0) expect(body).toContain(`### Plan: ${destroys} to destroy`);
    }),
    { numRuns: 20, verbose: 1 },
  );
});
