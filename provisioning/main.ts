import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { account } from "../clusters/account.ts";
import { Problem, threeLines } from "../lib/problem.ts";
import { ensureTerraform } from "../tools/terraform.ts";
import type { AccountReader } from "./aws/account-reader.ts";
import { awsAccountReader } from "./aws/aws-account-reader.ts";
import { signedRequests } from "./aws/signed-requests.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { createCluster } from "./cluster/create-cluster.ts";
import type { Effects } from "./core/effects.ts";
import { shellEffects } from "./core/shell-effects.ts";

const usage = `From an empty AWS account to a cluster, and back.

  shoestring bootstrap [--yes]           apply the stack account, and move its state into the bucket it makes
  shoestring cluster create NAME [--from CLUSTER]
                                         copy a cluster's file with a name and a network of its own

Each prints the plain commands that it runs, and may be interrupted and run again. What changes AWS
asks first; --yes answers.
`;

const checkout = dirname(import.meta.dirname);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const isSimulated = Boolean(process.env.SHOESTRING_SIMULATED);

interface Flags {
  readonly yes: boolean;
  readonly from: string;
}

const verbs: Readonly<Record<string, (words: string[], flags: Flags) => Promise<number>>> = {
  async bootstrap(words, { yes }) {
    if (words.length > 0) return wrongUse();
    const terraform = await ensureTerraform(say);
    return bootstrap(effects(yes), { account, terraform, reader: accountReader() });
  },

  async "cluster create"([name, ...more], { from }) {
    if (name === undefined || more.length > 0) return wrongUse();
    const folder = process.env.SHOESTRING_CLUSTERS ?? `${checkout}/clusters`;
    for (const line of await createCluster({ folder, name, from })) say(line);
    return 0;
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
        help: { type: "boolean", short: "h" },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    return await verb(positionals, { yes: values.yes ?? false, from: values.from ?? "staging" });
  } catch (error) {
    if (error instanceof Problem) {
      process.stderr.write(`${threeLines(error)}\n`);
      return 1;
    }
    if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) {
      return wrongUse((error as Error).message);
    }
    throw error;
  }
}

const effects = (yes: boolean): Effects => shellEffects({ checkout, yes });

function accountReader(): AccountReader | undefined {
  if (isSimulated) return undefined;
  const { region } = account;
  return awsAccountReader(signedRequests(region, process.env), region, process.env);
}

function wrongUse(why?: string): number {
  process.stderr.write(why === undefined ? usage : `${why}\n\n${usage}`);
  return 2;
}
