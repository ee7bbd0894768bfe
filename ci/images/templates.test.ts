import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { versions } from "../../tools/versions.ts";
import { imageVariables } from "./variables.ts";

const folder = join(import.meta.dirname, "../../packer");

/** Not imported: its types would bring those of browsers to every file of this repository. */
const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json") as {
  parse(filename: string, contents: string): Promise<unknown>;
};

type Block = Readonly<Record<string, unknown>>;

/** What these tests read of a template as JSON: blocks of each kind, by their labels. */
interface Template {
  readonly source: { readonly "amazon-ebs": { readonly debian: readonly [Block] } };
  readonly build: readonly [
    {
      readonly source: Readonly<Record<string, readonly Block[]>>;
      readonly provisioner: Readonly<Record<string, readonly Block[]>>;
    },
  ];
  readonly variable: Block;
  readonly locals: readonly [{ readonly tags: Block }];
  readonly packer: readonly [
    {
      readonly required_plugins: readonly [Readonly<Record<string, { readonly version: string }>>];
    },
  ];
}

const read = async (name: string) => {
  const path = join(folder, `${name}.pkr.hcl`);
  return (await parse(path, readFileSync(path, "utf8"))) as Template;
};
const builds = ["instance", "consul"] as const;
const source = (await read("source")).source["amazon-ebs"].debian[0];
const variables = await read("variables");

test("an image is made with IMDSv2 alone, and asks for it wherever it is launched", () => {
  expect(source).toMatchObject({
    imds_support: "v2.0",
    metadata_options: [{ http_tokens: "required", http_put_response_hop_limit: 1 }],
  });
});

test("an image is encrypted in every region, and its builder is open to one address", () => {
  expect(source).toMatchObject({
    encrypt_boot: true,
    kms_key_id: "${var.kms_key}",
    ami_regions: "${var.copy_to_regions}",
    ami_users: "${var.share_with_accounts}",
    temporary_security_group_source_public_ip: true,
    ssh_clear_authorized_keys: true,
  });
});

test("an image and its snapshots say what they were built from", () => {
  expect(source).toMatchObject({ tags: "${local.tags}", snapshot_tags: "${local.tags}" });
  expect(Object.keys(variables.locals[0].tags).sort()).toEqual(
    [
      ...["project", "version", "commit", "playbook_hash", "parent", "parent_name", "debian"],
      ...["consul_version", "node_version", "ssm_agent_version"],
    ].sort(),
  );
});

test.each(builds)(
  "%s is built for both kinds of processors, each from Debian's image of it",
  async (name) => {
    const { source: sources } = (await read(name)).build[0];
    const made = sources["amazon-ebs.debian"]?.map((it) => [
      it.name,
      it.ami_name,
      (it.source_ami_filter as [{ filters: { name: string } }])[0].filters.name,
    ]);
    expect(made).toEqual([
      ["arm64", `shoestring-${name}-arm64-\${var.version}`, "debian-${var.debian_version}-arm64-*"],
      [
        "x86_64",
        `shoestring-${name}-x86_64-\${var.version}`,
        "debian-${var.debian_version}-amd64-*",
      ],
    ]);
  },
);

test.each(builds)(
  "the last thing that is done to %s is to clean it, and then to check it",
  async (name) => {
    const { provisioner } = (await read(name)).build[0];
    expect(provisioner.ansible).toMatchObject([{ playbook_file: `ansible/${name}.yml` }]);
    expect(provisioner.shell?.at(-1)).toMatchObject({
      scripts: ["packer/list.sh", "packer/clean.sh", "packer/check.sh"],
    });
  },
);

test("the program that fills the variables knows each of them, and no other", () => {
  const filled = imageVariables({
    ...{ account, clusters: [], commit: "0", at: new Date(0), playbookHash: "0" },
    ...{ versions: versions(), agentBundle: "/agent" },
  });
  expect(Object.keys(filled).sort()).toEqual(Object.keys(variables.variable).sort());
  expect(Object.values(filled)).not.toContain(undefined);
});

test("plugins are in a file of their own, each with an exact version", async () => {
  const plugins = (await read("plugins")).packer[0].required_plugins[0];
  expect(Object.keys(plugins).sort()).toEqual(["amazon", "ansible"]);
  for (const { version } of Object.values(plugins)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const others = readdirSync(folder).filter(
    (it) => it.endsWith(".hcl") && !it.startsWith("plugins"),
  );
  for (const name of others)
    expect(await read(name.split(".")[0] as string)).not.toHaveProperty("packer");
});
