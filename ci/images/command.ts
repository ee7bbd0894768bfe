import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { buildAgent } from "../../agent/build.ts";
import { account } from "../../clusters/account.ts";
import { describe, Problem, threeLines } from "../../lib/problem.ts";
import { contentsOf, keyOf } from "../../local/image/contents.ts";
import { findClusters } from "../../synth/find-clusters.ts";
import { versions } from "../../tools/versions.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { billOfMaterials, parseContents } from "./sbom.ts";
import { validate } from "./validate.ts";
import { imageVariables } from "./variables.ts";

const usage = `usage: npx tsx ci/images/main.ts check|variables|sbom

  check                      the format and the meaning of the templates, without AWS: make image-check
  variables [--kms-key KEY]  builds the agent and writes out/images/variables.pkrvars.json
  sbom NAME                  writes out/images/NAME.cdx.json from what an image lists in NAME.contents`;

/**
 * The commands of images.
 *
 * @param checkout has `packer/` and `ansible/`, and gets `out/images/`.
 * @returns the exit code: 0 done, 1 it failed and says why, 2 wrong use.
 */
export async function images(
  argv: readonly string[],
  checkout: string,
  print: (line: string) => void = console.log,
  complain: (line: string) => void = console.error,
): Promise<number> {
  const asked = parse(argv);
  if (asked === undefined) {
    complain(usage);
    return 2;
  }
  const folder = join(checkout, "out", "images");
  try {
    print(await commands[asked.command]({ ...asked, checkout, folder }));
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    complain(threeLines(error));
    return 1;
  }
}

interface Asked {
  readonly command: "check" | "variables" | "sbom";
  /** Of `sbom`: the image. */
  readonly name?: string;
  readonly kmsKey?: string;
}

type Run = Asked & { readonly checkout: string; readonly folder: string };

/** What each command does; it returns what is printed. */
const commands: Readonly<Record<Asked["command"], (run: Run) => Promise<string>>> = {
  check: async (run) =>
    `packer ${await validate(run.checkout, await variablesOf(run))} finds nothing wrong in packer/`,
  async variables(run) {
    await buildAgent(join(run.folder, "agent"));
    return write(join(run.folder, "variables.pkrvars.json"), await variablesOf(run));
  },
  sbom: async ({ folder, name = "" }) =>
    write(join(folder, `${name}.cdx.json`), await billOf(folder, name)),
};

function parse(argv: readonly string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { "kms-key": { type: "string" } },
    });
    const [command, name, ...rest] = positionals;
    const needsName = command === "sbom";
    if (!isCommand(command) || rest.length > 0 || needsName !== (name !== undefined))
      return undefined;
    const key = values["kms-key"];
    return {
      command,
      ...(name === undefined ? {} : { name }),
      ...(key === undefined ? {} : { kmsKey: key }),
    };
  } catch {
    return undefined;
  }
}

const isCommand = (it: string | undefined): it is Asked["command"] =>
  it !== undefined && Object.hasOwn(commands, it);

async function variablesOf({ checkout, folder, kmsKey }: Run) {
  const clusters = await findClusters(join(checkout, "clusters"));
  return imageVariables({
    account,
    clusters: clusters.map(({ cluster }) => cluster),
    commit: await commitOf(checkout),
    at: new Date(),
    playbookHash: keyOf(["ansible", "packer"].flatMap((name) => contentsOf(join(checkout, name)))),
    versions: versions(),
    agentBundle: join(folder, "agent"),
    ...(kmsKey === undefined ? {} : { kmsKey }),
  });
}

/** The checkout's commit, with a mark where files differ from it. */
async function commitOf(checkout: string): Promise<string> {
  const git = async (...args: readonly string[]) =>
    (await promisify(execFile)("git", args, { cwd: checkout })).stdout.trim();
  try {
    const isChanged = (await git("status", "--porcelain")) !== "";
    return `${await git("rev-parse", "HEAD")}${isChanged ? "-changed" : ""}`;
  } catch (cause) {
    throw new Problem({
      happened: `git does not say which commit this is: ${describe(cause)}`,
      unchanged: "no image was built",
      next: "work in a clone of the repository: git status",
      cause,
    });
  }
}

/** An image's own list and what is bundled into the agent's files, as one bill of materials. */
async function billOf(folder: string, name: string) {
  const path = join(folder, `${name}.contents`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem({
      happened: `there is no list of what ${name} contains: ${path}`,
      unchanged: "no bill of materials was written",
      next: "build the image, which writes it: packer/README.md",
      cause,
    });
  }
  const { version, debian_version } = JSON.parse(
    readFileSync(join(folder, "variables.pkrvars.json"), "utf8"),
  ) as { readonly version: string; readonly debian_version: string };
  const bundled = name.startsWith("instance") ? await bundledPackages() : [];
  return billOfMaterials({
    name,
    version,
    at: new Date(),
    debianVersion: debian_version,
    contents: [...parseContents(text), ...bundled],
  });
}

function write(path: string, content: object): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}
