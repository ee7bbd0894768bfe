import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stackTypes } from "./stack-types.ts";

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const text = JSON.stringify(content).replaceAll("FOLDER", folder);
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const stack = {
  terraform: { backend: { local: { path: "FOLDER/state.json" } } },
  resource: { aws_vpc: {}, aws_subnet: {} },
  data: { aws_ami: {} },
};

test("a stack has the types of its resources and data sources", () => {
  const folder = folderWith({ "cdk.tf.json": stack });
  expect(stackTypes(folder)).toEqual(["aws_ami", "aws_subnet", "aws_vpc"]);
});

test("a stack has the types of its state, too, which a plan destroys", () => {
  const state = { resources: [{ type: "aws_eip" }, { type: "aws_vpc" }] };
  const folder = folderWith({ "cdk.tf.json": stack, "state.json": state });
  expect(stackTypes(folder)).toEqual(["aws_ami", "aws_eip", "aws_subnet", "aws_vpc"]);
});

test.each([
  ["has HCL", { "cdk.tf.json": stack, "cdk.tf": "" }],
  ["has its state elsewhere", { "cdk.tf.json": { ...stack, terraform: { backend: { s3: {} } } } }],
  ["is empty", {}],
])("a folder that %s has any types", (_, files) => {
  expect(stackTypes(folderWith(files))).toBeUndefined();
});
