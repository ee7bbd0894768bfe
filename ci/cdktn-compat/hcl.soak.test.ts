import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "./bundle.ts";
import { type BothLanguages, type Obstacle, obstacles, stacksIn, synthesiseBoth } from "./hcl.ts";

/** The list in docs/way-out.md, a line for each type: "- `aws_vpc`, one line break more: tags". */
const obstaclesInDocs = () => {
  const page = readFileSync(join(checkout, "docs", "way-out.md"), "utf8");
  return [...page.matchAll(/^- `(\w+)`, (.+)$/gm)].map(([, type, why]) => `${type}, ${why}`);
};

let folder: string;
let both: BothLanguages;
const found: Obstacle[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shoestring-hcl-"));
  both = await synthesiseBoth(folder);
  for (const stack of stacksIn(both.json)) found.push(...(await obstacles(both, stack)));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every stack is there in both languages", () => {
  expect(stacksIn(both.hcl)).toEqual(stacksIn(both.json));
  expect(stacksIn(both.hcl)).toContain("production-config");
});

test("HCL is valid, and changes only what docs/way-out.md lists", () => {
  const kinds = found.map(({ address, why }) => `${address.split(".")[0]}, ${why}`);
  expect([...new Set(kinds)].sort(), JSON.stringify(found, null, 2)).toEqual(
    obstaclesInDocs().sort(),
  );
});

test("HCL changes no resource at AWS", () => {
  expect(found.filter(({ stack }) => !stack.endsWith("-config"))).toEqual([]);
});

test.each([
  [
    "a value that changed",
    / {2}name {8}= "agent-web"/,
    '  name = "agent"',
    /^(update|delete, create): /,
  ],
  ["an argument that is none", / {2}name {8}= "agent-web"/, '  nam = "agent-web"', /argument/],
])("%s is found", async (_, from, to, why) => {
  const file = join(both.hcl, "stacks", "dev-config", "cdk.tf");
  const text = readFileSync(file, "utf8");
  const planted = text.replace(from, to);
  expect(planted).not.toBe(text);
  writeFileSync(file, planted);
  try {
    expect(await obstacles(both, "dev-config")).toContainEqual({
      stack: "dev-config",
      address: expect.stringMatching(/^consul_acl_policy\.config_policy-agent-web/),
      why: expect.stringMatching(why),
    });
  } finally {
    writeFileSync(file, text);
  }
});
