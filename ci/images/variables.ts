import { Problem } from "../../lib/problem.ts";
import type { AccountSpec, Cluster } from "../../modules/cluster/index.ts";

/** What images are made from. */
export interface ImageSources {
  readonly account: AccountSpec;
  readonly clusters: readonly Pick<Cluster, "account" | "region">[];
  /** Git commit of the checkout, 40 letters. */
  readonly commit: string;
  readonly at: Date;
  /** Changes with everything that goes into an image. */
  readonly playbookHash: string;
  /** `ansible/versions.yml`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Folder with the agent's bundles. */
  readonly agentBundle: string;
  /** Id, ARN or alias of the key that encrypts images. @default the account's default key */
  readonly kmsKey?: string;
}

/** AWS is simulated for clusters of this account. */
const nowhere = "000000000000";

/**
 * The variables of packer/variables.pkr.hcl: images are built in the account's region, copied to the
 * other regions of clusters, and shared with the other accounts of clusters.
 *
 * @throws Problem where another account could not read an image, as it has no key for it.
 */
export function imageVariables(sources: ImageSources) {
  const { account, commit, at, playbookHash, versions, agentBundle, kmsKey = "" } = sources;
  const clusters = sources.clusters.filter((it) => it.account !== nowhere);
  const others = distinct(clusters.map((it) => it.account)).filter((it) => it !== account.account);
  if (others.length > 0 && kmsKey === "") {
    throw new Problem({
      happened: `images are for the accounts ${others.join(", ")}, too, which cannot read what the default key of ${account.account} encrypts`,
      unchanged: "no variables were written",
      next: "make a key that these accounts may use, and name it: npx tsx ci/images/main.ts variables --kms-key alias/images",
    });
  }
  const time = at.toISOString().slice(0, 16).replaceAll(/\D/g, "");
  const pinned = ["debian_suite", "debian_version", "consul_version", "node_version"] as const;
  return {
    region: account.region,
    copy_to_regions: distinct(clusters.map((it) => it.region)).filter(
      (it) => it !== account.region,
    ),
    share_with_accounts: others,
    kms_key: kmsKey,
    commit,
    playbook_hash: playbookHash,
    version: `${time}-${commit.slice(0, 7)}`,
    agent_bundle: agentBundle,
    ...Object.fromEntries(
      [...pinned, "ssm_agent_version"].map((name) => [name, versions[name] as string]),
    ),
  };
}

const distinct = (values: readonly string[]) => [...new Set(values)].sort();
