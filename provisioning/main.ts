import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { account } from "../clusters/account.ts";
import { describe, Problem, threeLines } from "../lib/problem.ts";
import type { ClusterFile } from "../modules/cluster/index.ts";
import { findClusters } from "../synth/find-clusters.ts";
import { ensureTerraform } from "../tools/terraform.ts";
import type { AccountReader } from "./aws/account-reader.ts";
import { awsAccountReader } from "./aws/aws-account-reader.ts";
import { awsClusterReader } from "./aws/aws-cluster-reader.ts";
import { awsClusterRemains } from "./aws/aws-cluster-remains.ts";
import { signedRequests } from "./aws/signed-requests.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { createCluster } from "./cluster/create-cluster.ts";
import { destroyCluster } from "./cluster/destroy-cluster.ts";
import type { Effects } from "./core/effects.ts";
import { shellEffects } from "./core/shell-effects.ts";
import { stackFolder, synthCommand } from "./core/stacks.ts";
import { preflight } from "./preflight/checks.ts";
import { needsOf } from "./preflight/needs.ts";
import { preflightLines } from "./preflight/preflight-lines.ts";

const usage = `From an empty AWS account to a cluster, and back.

  shoestring bootstrap [--yes]           apply the stack account, and move its state into the bucket it makes
  shoestring cluster create NAME [--from CLUSTER]
                                         copy a cluster's file with a name and a network of its own
  shoestring preflight [CLUSTER…] [--json]
                                         what AWS would refuse, of all clusters: rights, quotas, zones,
                                         images, secrets; each with its fix
  shoestring cluster destroy NAME [--with-data] [--yes]
                                         everything of a cluster, with its objects and parameters

Each prints the plain commands that it runs, and may be interrupted and run again. What changes AWS
asks first; --yes answers.
`;

const checkout = dirname(import.meta.dirname);
const clustersFolder = process.env.SHOESTRING_CLUSTERS ?? join(checkout, "clusters");
const say = (line: string) => void process.stdout.write(`${line}\n`);
const isSimulated = Boolean(process.env.SHOESTRING_SIMULATED);

interface Flags {
  readonly yes: boolean;
  readonly json: boolean;
  readonly withData: boolean;
  readonly from: string;
}

const verbs: Readonly<Record<string, (words: string[], flags: Flags) => Promise<number>>> = {
  async bootstrap(words, { yes }) {
    if (words.length > 0) return wrongUse();
    const terraform = await ensureTerraform(say);
    return bootstrap(effects(yes), { account, terraform, reader: accountReaderOf() });
  },

  async "cluster create"([name, ...more], { from }) {
    if (name === undefined || more.length > 0) return wrongUse();
    for (const line of await createCluster({ folder: clustersFolder, name, from })) say(line);
    return 0;
  },

  async preflight(names, { json }) {
    const accountReader = accountReaderOf();
    if (!accountReader) throw simulated("preflight asks AWS");
    const clusters = await clustersOf(names);
    const on = effects(false);
    // The answer alone belongs on stdout.
    await on.output(synthCommand);
    const needs = clusters.map(({ cluster }) =>
      needsOf(cluster, on.read(join(stackFolder(cluster.name), "cdk.tf.json")) ?? "{}"),
    );
    const clusterReader = awsClusterReader((region) => signedRequests(region, process.env));
    const findings = await preflight({ account, needs, accountReader, clusterReader });
    if (json) say(JSON.stringify(findings));
    else for (const line of preflightLines(findings)) say(line);
    return findings.every(({ fault }) => fault === undefined) ? 0 : 1;
  },

  async "cluster destroy"([name, ...more], { yes, withData }) {
    if (name === undefined || more.length > 0) return wrongUse();
    const [found] = await clustersOf([name]);
    const terraform = await ensureTerraform(say);
    const remains = isSimulated ? undefined : awsClusterRemains(process.env);
    const { cluster } = found as ClusterFile;
    return destroyCluster(effects(yes), { cluster, terraform, withData, remains });
  },
};

/** Runs `bootstrap` or `cluster …`. @returns the exit code: 0 done, 1 it failed, 2 wrong use. */
export async function main(argv: readonly string[]): Promise<number> {
  const two = argv.slice(0, 2).join(" ");
  const name = Object.hasOwn(verbs, two) ? two : (argv[0] ?? "");
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) return wrongUse();
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(name.split(" ").length),
      options: {
        yes: { type: "boolean" },
        from: { type: "string" },
        json: { type: "boolean" },
        "with-data": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const { yes = false, json = false, "with-data": withData = false, from = "staging" } = values;
    return await verb(positionals, { yes, json, withData, from });
  } catch (error) {
    if (error instanceof Problem) {
      process.stderr.write(`${threeLines(error)}\n`);
      return 1;
    }
    if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) {
      return wrongUse((error as Error).message);
    }
    if (typeof error === "object" && error !== null && "$metadata" in error) {
      process.stderr.write(`${threeLines(refusedByAws(error))}\n`);
      return 1;
    }
    throw error;
  }
}

/** The SDK's clients throw errors of their own. */
const refusedByAws = (error: unknown) =>
  new Problem({
    happened: `AWS refused a call: ${describe(error)}`,
    unchanged: "what was said above to be done is done, and nothing else",
    next: "see who you are and what you may do (aws sts get-caller-identity), then run the command again",
    cause: error,
  });

const effects = (yes: boolean): Effects => shellEffects({ checkout, yes });

function accountReaderOf(): AccountReader | undefined {
  if (isSimulated) return undefined;
  const { region } = account;
  return awsAccountReader(signedRequests(region, process.env), region, process.env);
}

/** The clusters of some names, or all but that of the local region, which is never applied. */
async function clustersOf(names: readonly string[]): Promise<readonly ClusterFile[]> {
  const all = (await findClusters(clustersFolder)).filter(({ file }) => file !== "local");
  const unknown = names.find((name) => !all.some(({ file }) => file === name));
  if (unknown !== undefined) {
    throw new Problem({
      happened: `there is no clusters/${unknown}.ts`,
      unchanged: "nothing was changed",
      next: `name one of these: ${all.map(({ file }) => file).join(", ")}`,
    });
  }
  return names.length === 0 ? all : all.filter(({ file }) => names.includes(file));
}

const simulated = (why: string) =>
  new Problem({
    happened: `${why}, and this shell is simulated`,
    unchanged: "nothing was asked",
    next: "open another shell, and sign in: aws sts get-caller-identity",
  });

function wrongUse(why?: string): number {
  process.stderr.write(why === undefined ? usage : `${why}\n\n${usage}`);
  return 2;
}
