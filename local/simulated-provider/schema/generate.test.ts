import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Problem } from "../../../lib/problem.ts";
import { installedBindings } from "./bindings.ts";
import { readSchema, schemaFile } from "./cache.ts";
import { generateModule } from "./generate.ts";
import type { Block } from "./schema.ts";

const aws = installedBindings("@cdktf/provider-aws");
const consul = installedBindings("@cdktf/provider-consul");

function block(module: string): Block {
  return generateModule(aws.folder, module).block;
}

function nested(of: Block, ...path: string[]): Block {
  return path.reduce((at, name) => at.block_types?.[name]?.block as Block, of);
}

describe("the schema of a module", () => {
  test("a launch template's version is computed, and its blocks may be given once", () => {
    const template = block("launch-template");
    expect(template.attributes?.latest_version).toEqual({ type: "number", computed: true });
    expect(template.attributes?.name).toEqual({ type: "string", optional: true, computed: true });
    expect(template.attributes?.vpc_security_group_ids?.type).toEqual(["set", "string"]);
    expect(template.block_types?.metadata_options).toMatchObject({
      nesting_mode: "list",
      max_items: 1,
    });
    expect(template.block_types?.tag_specifications).not.toHaveProperty("max_items");
  });

  test("an autoscaling group requires its sizes, and nests blocks four deep", () => {
    const group = block("autoscaling-group");
    expect(group.attributes?.max_size).toEqual({ type: "number", required: true });
    expect(group.block_types?.tag?.nesting_mode).toBe("set");
    expect(group.block_types?.timeouts?.nesting_mode).toBe("single");
    expect(group.block_types?.mixed_instances_policy?.block.block_types?.launch_template).toEqual(
      expect.objectContaining({ min_items: 1, max_items: 1 }),
    );
    const override = nested(group, "mixed_instances_policy", "launch_template", "override");
    expect(override.attributes?.instance_type).toEqual({ type: "string", optional: true });
  });

  test("a bucket's ARN can be read but not given", () => {
    const bucket = block("s3-bucket");
    expect(bucket.attributes?.arn).toEqual({ type: "string", computed: true });
    expect(bucket.attributes?.force_destroy).toEqual({ type: "bool", optional: true });
  });

  test("a queue's tags are a map of strings", () => {
    expect(block("sqs-queue").attributes?.tags).toEqual({
      type: ["map", "string"],
      optional: true,
    });
  });

  test("a WAF rule's statement, which nests in itself, is dynamic and therefore in a list", () => {
    const acl = block("wafv2-web-acl");
    expect(nested(acl, "rule").attributes?.statement?.type).toBe("dynamic");
    expect(acl.block_types?.rule?.nesting_mode).toBe("list");
  });

  test("a listener rule needs an action and a condition", () => {
    const rule = block("lb-listener-rule");
    expect(rule.block_types?.action).toMatchObject({ nesting_mode: "list", min_items: 1 });
    expect(rule.block_types?.condition).toMatchObject({ nesting_mode: "set", min_items: 1 });
  });

  test("a security group's rules are an attribute with every field", () => {
    const ingress = block("security-group").attributes?.ingress;
    expect(ingress).toMatchObject({ optional: true, computed: true });
    expect(ingress?.type).toEqual([
      "set",
      ["object", expect.objectContaining({ from_port: "number", cidr_blocks: ["list", "string"] })],
    ]);
  });

  test("Consul's keys are a set of blocks with a computed value", () => {
    const keys = generateModule(consul.folder, "keys");
    expect(keys).toMatchObject({ kind: "resource", type: "consul_keys" });
    expect(keys.block.block_types?.key?.nesting_mode).toBe("set");
    expect(nested(keys.block, "key").attributes?.value).toEqual({
      type: "string",
      optional: true,
      computed: true,
    });
    expect(keys.block.attributes?.var).toEqual({ type: ["map", "string"], computed: true });
  });

  test("a configuration that is not named after its class is found", () => {
    const association = block("wafv2-web-acl-association");
    expect(association.attributes?.resource_arn).toEqual({ type: "string", required: true });
  });

  test("structs in files of their own are found", () => {
    const intent = block("lexv2models-intent");
    expect(nested(intent, "closing_setting").attributes?.active?.type).toBe("bool");
  });
});

describe("bindings of another form are refused", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** A bindings package with one module: the queue's, with its source changed. */
  function changed(change: (source: string) => string | undefined): string {
    const folder = mkdtempSync(join(tmpdir(), "bindings-"));
    folders.push(folder);
    const to = join(folder, "lib", "sqs-queue");
    mkdirSync(to, { recursive: true });
    cpSync(join(aws.folder, "lib", "sqs-queue"), to, { recursive: true });
    const path = join(to, "index.js");
    const [code, map] = readFileSync(path, "utf8").split("//# sourceMappingURL=") as [
      string,
      string,
    ];
    const json = JSON.parse(Buffer.from(map.split("base64,")[1] as string, "base64").toString());
    const source = change(json.sourcesContent[0]);
    const embedded = Buffer.from(JSON.stringify({ ...json, sourcesContent: [source] }));
    const line = `//# sourceMappingURL=data:application/json;base64,${embedded.toString("base64")}`;
    writeFileSync(path, source === undefined ? code : code + line);
    return folder;
  }

  test.each([
    ["no source map", () => undefined, /no inline source map/],
    [
      "no comments on what is computed",
      (source: string) => source.replaceAll(" - computed:", " - made:"),
      /says nothing of "computed:"/,
    ],
    [
      "a writer of values that is not known",
      (source: string) => source.replaceAll("numberToHclTerraform", "decimalToHclTerraform"),
      /decimalToHclTerraform/,
    ],
    [
      "a computed attribute of an unknown form",
      (source: string) => source.replace("this.getStringAttribute('arn')", "this.arnOf()"),
      /the computed arn is/,
    ],
    [
      "no resource",
      (source: string) => source.replace(/cdktf\.TerraformResource/g, "X"),
      /no class/,
    ],
  ])("%s", (_, change, message) => {
    const folder = changed(change);
    expect(() => generateModule(folder, "sqs-queue")).toThrow(Problem);
    expect(() => generateModule(folder, "sqs-queue")).toThrow(message);
  });
});

test("a whole package is generated once and then read from the cache", async () => {
  const cache = mkdtempSync(join(tmpdir(), "schema-"));
  try {
    const path = await schemaFile(cache, consul);
    expect(path).toContain(`provider-consul-${consul.version}`);
    expect(await schemaFile(cache, consul)).toBe(path);
    const schema = readSchema(path);
    expect(Object.keys(schema.resource_schemas)).toContain("consul_key_prefix");
    expect(Object.keys(schema.data_source_schemas)).toContain("consul_keys");
    expect(schema.provider.attributes?.address).toEqual({ type: "string", optional: true });
  } finally {
    rmSync(cache, { recursive: true });
  }
});
