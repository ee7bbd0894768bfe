import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { local } from "../clusters/local.ts";
import { Problem, threeLines } from "../lib/problem.ts";
import { findClusters } from "../synth/find-clusters.ts";
import {
  down,
  execThrough,
  isUp,
  readRegionFile,
  regionAt,
  regionStatus,
  up,
} from "./region/index.ts";
import { keepSecret } from "./region/secrets.ts";
import { statusTable } from "./region/status.ts";
import { simulatedTerraform } from "./terraform/simulated.ts";

const usage = `The local region: a cluster of real Debian machines on this one.

  shoestring local up [FOLDER] [--no-install] [--json]
                                         bring it up, or bring it back to what it should be: what
                                         FOLDER/local.ts says, by default clusters/local.ts
  shoestring local down                  leave nothing of it
  shoestring local status [--json]       what runs; exit code 1 when something does not
  shoestring local url [--json]          where the load balancer answers
  shoestring local exec INSTANCE -- CMD  run a command inside an instance
  shoestring local secret REFERENCE VALUE
                                         keep a secret in the simulated AWS, like ssm:/a/b
  shoestring local terraform [--json]    what makes terraform and cdktf simulated in a shell:
                                         eval "$(npx shoestring local terraform)"

The region lives in .local of the checkout, or in the directory SHOESTRING_REGION; what was applied
while simulated in .local/terraform/state, or in the directory SHOESTRING_STATE.
`;

interface Flags {
  readonly json: boolean;
  readonly install: boolean;
}

/** Prints a line of progress on stderr, so that stdout has only the result. */
const log = (line: string) => process.stderr.write(`${line}\n`);
const print = (text: string) => process.stdout.write(`${text}\n`);

const verbs: Readonly<Record<string, (rest: string[], flags: Flags) => Promise<number>>> = {
  async up([folder], { json, install }) {
    const start = Date.now();
    const cluster = folder === undefined ? local : await localCluster(folder);
    const file = await up(regionAt(), { cluster, install, log });
    log(`up after ${((Date.now() - start) / 1000).toFixed(1)} s`);
    print(json ? JSON.stringify({ url: file.url, instances: file.instances }) : file.url);
    return 0;
  },

  async down() {
    await down(regionAt(), { log });
    return 0;
  },

  async status(_, { json }) {
    const status = await regionStatus(regionAt());
    if (!status)
      readRegionFile(); // throws that none is up
    else print(json ? JSON.stringify(status) : statusTable(status).trimEnd());
    return status && isUp(status) ? 0 : 1;
  },

  async url(_, { json }) {
    const { url } = readRegionFile();
    print(json ? JSON.stringify({ url }) : url);
    return 0;
  },

  async exec([instance, ...command]) {
    if (instance === undefined || command.length === 0)
      return wrongUse("exec takes an instance and a command: exec web-1 -- hostname");
    return await execThrough(regionAt(), instance, command);
  },

  async secret([reference = "", value]) {
    if (value === undefined) return wrongUse("secret takes a reference and a value");
    await keepSecret(readRegionFile().awsEndpoint, reference, value);
    log(
      `${reference} is kept; a service takes it with its next deploy, or with: shoestring restart S`,
    );
    return 0;
  },

  async terraform(_, { json }) {
    try {
      const { env } = await simulatedTerraform(log);
      print(json ? JSON.stringify(env) : exportLines(env));
    } catch (error) {
      // An eval of empty output would succeed, and the next plan would be a real one.
      if (!json) print("false");
      throw error;
    }
    log("simulated: terraform and cdktf of this shell see no AWS account, and change none");
    return 0;
  },
};

/** A folder without a cluster file is a mistake in the command line. */
class WrongFolder extends Problem {}

/** The cluster that a folder's local.ts exports. @throws WrongFolder; what loading it throws. */
async function localCluster(folder: string) {
  const isThere = existsSync(join(folder, "local.ts"));
  const clusters = isThere ? await findClusters(resolve(folder)) : [];
  const found = clusters.find(({ file }) => file === "local");
  if (found) return found.cluster;
  throw new WrongFolder({
    happened: existsSync(folder) ? `${folder} has no local.ts` : `there is no folder ${folder}`,
    unchanged: "nothing was done",
    next: "name a folder with one, like: shoestring local up examples/django",
  });
}

/**
 * `shoestring local …`.
 *
 * @returns the exit code: 0 done, 1 the thing failed, 2 wrong use; of `exec`, the command's own.
 */
export async function main(argv: string[]): Promise<number> {
  const [name = "", ...rest] = argv;
  if (name === "help" || name === "--help" || name === "-h") return help();
  const verb = verbs[name];
  if (!verb) return wrongUse(name ? `there is no verb ${JSON.stringify(name)}` : "which verb?");
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(rest, ["exec", "up", "secret"].includes(name));
  } catch (error) {
    return wrongUse((error as Error).message);
  }
  const { json = false, "no-install": noInstall = false } = parsed.values;
  if (parsed.values.help) return help();
  try {
    return await verb(parsed.positionals, { json, install: !noInstall });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log(threeLines(error));
    return error instanceof WrongFolder ? 2 : 1;
  }
}

const parse = (args: string[], allowPositionals: boolean) =>
  parseArgs({
    args,
    allowPositionals,
    options: {
      json: { type: "boolean" },
      "no-install": { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });

function help(): number {
  process.stdout.write(usage);
  return 0;
}

/** Lines for a shell to evaluate, with any values. */
const exportLines = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join("\n");

function wrongUse(why: string): number {
  process.stderr.write(`shoestring local: ${why}\n\n${usage}`);
  return 2;
}
