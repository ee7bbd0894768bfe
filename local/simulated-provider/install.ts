import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildProgram, contentHash } from "./program.ts";
import { type Bindings, installedBindings } from "./schema/bindings.ts";
import { schemaFile } from "./schema/cache.ts";

/** What is known of types, by provider: the real provider's rules, and what its source lacks. */
const knowledge = ["facts", "overlay"].map((kind) => ({
  kind,
  folder: fileURLToPath(new URL(kind, import.meta.url)),
}));
const packages = ["@cdktf/provider-aws", "@cdktf/provider-consul"];

/**
 * Credentials that AWS refuses; they override a profile and an instance's role. A stack that was
 * synthesised for the real AWS has its state in S3, and made-up ids must not get there.
 */
const nobody = {
  AWS_ACCESS_KEY_ID: "simulated",
  AWS_SECRET_ACCESS_KEY: "simulated",
  AWS_SESSION_TOKEN: "",
};

/**
 * Terraform and the provider live for seconds, and read the schemas of all types each time: a plan
 * takes a quarter less when Go collects garbage more rarely.
 */
const patientCollector = { GOGC: "400" };

export interface InstalledProviders {
  /** Terraform's own configuration: where it finds the simulated providers. */
  readonly cliConfigFile: string;
  /** Variables for terraform, besides the caller's own environment. */
  readonly env: Record<string, string>;
  readonly which: "simulated";
}

/**
 * Makes Terraform find simulated providers in place of the real ones. Builds and generates parts
 * that the cache lacks: up to a minute the first time, then nothing.
 *
 * @param cacheDir folder for all files.
 * @throws Problem if the program cannot be built or the bindings are not readable.
 */
export async function installProviders(cacheDir: string): Promise<InstalledProviders> {
  const program = await buildProgram(cacheDir);
  const bindings = packages.map(installedBindings);
  const mirror = layMirror(cacheDir, program, bindings);
  const cliConfigFile = join(mirror, "terraform.rc");
  return {
    cliConfigFile,
    env: {
      TF_CLI_CONFIG_FILE: cliConfigFile,
      SHOESTRING_SIMULATED: "1",
      SHOESTRING_PROVIDER_DATA: await layData(cacheDir, bindings),
      CHECKPOINT_DISABLE: "1",
      ...nobody,
      ...patientCollector,
    },
    which: "simulated",
  };
}

/** A filesystem mirror with the program under each provider's name, and the configuration for it. */
function layMirror(cacheDir: string, program: string, bindings: readonly Bindings[]): string {
  const versions = bindings.map((one) => `${one.provider}@${one.providerVersion}`).join("\n");
  const folder = join(cacheDir, `mirror-${basename(program)}-${hashed(versions)}`);
  return whole(folder, (unfinished) => {
    for (const { provider, providerVersion } of bindings) {
      const at = join(unfinished, "mirror", provider, providerVersion, platform());
      const name = `terraform-provider-${basename(provider)}_v${providerVersion}`;
      mkdirSync(at, { recursive: true });
      linkSync(program, join(at, name));
    }
    const names = JSON.stringify(bindings.map((one) => one.provider));
    const path = JSON.stringify(join(folder, "mirror"));
    const config = [
      "provider_installation {",
      "  filesystem_mirror {",
      `    path    = ${path}`,
      `    include = ${names}`,
      "  }",
      "  direct {",
      `    exclude = ${names}`,
      "  }",
      "}",
      "",
    ];
    writeFileSync(join(unfinished, "terraform.rc"), config.join("\n"));
  });
}

/** The program's data. It is not in the mirror, because lock files hash the mirror's files. */
async function layData(cacheDir: string, bindings: readonly Bindings[]): Promise<string> {
  const names = bindings.map((one) => `${basename(one.provider)}.json`);
  const schemas = await Promise.all(bindings.map((one) => schemaFile(cacheDir, one)));
  const key = hashed(
    [
      ...knowledge.map(({ folder }) => contentHash(names, folder)),
      ...schemas.map((path) => basename(path)),
    ].join("\n"),
  );
  return whole(join(cacheDir, `data-${key}`), (unfinished) => {
    bindings.forEach(({ provider }, at) => {
      const name = basename(provider);
      linkSync(schemas[at] as string, join(unfinished, `${name}.schema.json.gz`));
      for (const { kind, folder } of knowledge)
        copyFileSync(join(folder, `${name}.json`), join(unfinished, `${name}.${kind}.json`));
    });
  });
}

/** Makes a folder under another name and renames it, so that it is never incomplete. */
function whole(folder: string, fill: (unfinished: string) => void): string {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  fill(unfinished);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error; // if it exists, another run was faster
  }
  return folder;
}

function hashed(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** As Terraform writes it: linux_amd64. */
function platform(): string {
  const machine = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
  return `${process.platform}_${machine}`;
}
