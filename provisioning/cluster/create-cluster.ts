import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { validateClusters } from "../../modules/cluster/validate.ts";
import { Name } from "../../protocol/names.ts";
import { findClusters } from "../../synth/find-clusters.ts";
import { copyText } from "./copy-file.ts";
import { nextCidr } from "./next-cidr.ts";

export interface CreateClusterProps {
  /** The folder of all clusters' files. */
  readonly folder: string;
  readonly name: string;
  /** The cluster whose file is copied. */
  readonly from: string;
}

/**
 * Copies a cluster's file, with a name and a free network. A second call, or one after an
 * interruption, changes nothing more.
 *
 * @returns what to do next, in lines.
 * @throws Problem for a name, a source or a copy that cannot be; then no file was written.
 */
export async function createCluster({ folder, name, from }: CreateClusterProps): Promise<string[]> {
  const file = join(folder, `${name}.ts`);
  if (existsSync(file)) return [`clusters/${name}.ts is there already`, ...nextSteps(name)];
  if (!Name.safeParse(name).success) {
    throw refused(`"${name}" is no cluster's name`, 'take a name like "qa"');
  }
  const all = await findClusters(folder);
  const source = all.find((it) => it.file === from)?.cluster;
  if (!source) {
    const known = all.map((it) => it.file).join(", ");
    throw refused(`there is no clusters/${from}.ts to copy`, `--from one of these: ${known}`);
  }
  const inUse = all.map(({ cluster }) => cluster.cidr);
  const cidr = nextCidr(source.cidr, inUse);
  if (!cidr) {
    throw refused("10.0.0.0/8 has no free network of that size", "copy a file with a smaller cidr");
  }
  const text = copyText(readFileSync(join(folder, `${from}.ts`), "utf8"), source, { name, cidr });
  await checkCopy(folder, name, text);
  // Whole or not at all: the synth reads every file of the folder.
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return [`clusters/${name}.ts: ${from}'s, with the network ${cidr}`, ...nextSteps(name)];
}

/** Reads the copy beside the others, in a folder of its own. */
async function checkCopy(folder: string, name: string, text: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "shoestring-create-"));
  const trial = join(root, "clusters");
  try {
    cpSync(folder, trial, { recursive: true });
    writeFileSync(join(trial, `${name}.ts`), text);
    validateClusters(await findClusters(trial));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem({
      happened: `the copy would be refused: ${error.happened}`,
      unchanged: "no file was written",
      next: "copy another file with --from, or copy by hand and change what it says: docs/new-cluster.md",
      cause: error,
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

const nextSteps = (name: string): string[] => [
  "Read the copy; then apply in this order, each after its plan (docs/new-cluster.md):",
  "  make addresses                    the list of addresses that reviewers read",
  "  npx shoestring preflight          what AWS would refuse",
  "  npx cdktf apply account           the apply role's rights on it; by an administrator",
  `  npx cdktf apply ${name.padEnd(18)}everything of it at AWS`,
  `  npx cdktf apply ${`${name}-config`.padEnd(18)}its keys in Consul, from inside its network`,
];

const refused = (happened: string, next: string) =>
  new Problem({ happened, unchanged: "no file was written", next });
