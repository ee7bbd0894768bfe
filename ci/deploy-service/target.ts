import { Problem } from "../../lib/problem.ts";
import { accountNames } from "../../modules/account/names.ts";
import { bucketName } from "../../modules/artifacts/names.ts";
import type { AccountSpec, Cluster } from "../../modules/spec/cluster.ts";
import { Name, ServiceName } from "../../protocol/names.ts";
import { Sequence } from "../../protocol/releases.ts";

/** Facts about a run, from GitHub and the service's workflow. */
export interface Run {
  /** Like `refs/heads/deploy/staging`. */
  readonly ref: string;
  /** The service's repository, `owner/name`. */
  readonly repository: string;
  readonly service: string;
  /** Number of the run in its workflow; the same when it is run again. */
  readonly runNumber: string;
  /** The last number of a former workflow of this service. */
  readonly sequenceOffset: string;
}

/** The target of a run's build. */
export interface Target {
  readonly cluster: string;
  readonly region: string;
  readonly bucket: string;
  /** ARN of the role that may upload there. */
  readonly role: string;
  readonly sequence: number;
}

const prefix = "refs/heads/deploy/";

/** The cluster that a branch `deploy/<cluster>` names. @throws Problem for another branch. */
export function clusterOf(ref: string): string {
  const name = ref.startsWith(prefix) ? ref.slice(prefix.length) : "";
  if (Name.safeParse(name).success) return name;
  throw refused(
    `${ref || "no branch"} names no cluster`,
    "push to deploy/<cluster>, like: git push origin HEAD:deploy/staging",
  );
}

/**
 * Finds the target of a run's build, by the cluster's file alone.
 *
 * @throws Problem if, by the cluster's file, this repository does not build the service.
 */
export function targetOf(run: Run, cluster: Cluster, account: AccountSpec): Target {
  const { service } = run;
  const file = `clusters/${cluster.name}.ts`;
  if (!ServiceName.safeParse(service).success) {
    throw refused(`"${service}" is no name of a service`, "see `service` in the workflow");
  }
  const expected = Object.hasOwn(cluster.services, service)
    ? cluster.services[service]?.repository
    : undefined;
  if (expected === undefined) {
    throw refused(
      `${file} names no repository that builds ${service}`,
      `add repository: "${run.repository}" to ${service} in ${file}, and apply the account's stack`,
    );
  }
  if (withoutNumbers(expected) !== run.repository) {
    throw refused(
      `${file} has ${service} built by ${withoutNumbers(expected)}, not by ${run.repository}`,
      "see `service` in the workflow",
    );
  }
  const { name, region } = cluster;
  return {
    cluster: name,
    region,
    bucket: bucketName({ cluster: name, account: cluster.account, region }),
    role: `arn:aws:iam::${cluster.account}:role/${accountNames(account).deployRole(name, service)}`,
    sequence: sequenceOf(run),
  };
}

/** A repository as people write it: tokens may carry numbers, `acme@1/web@2`. */
const withoutNumbers = (repository: string) => repository.replaceAll(/@\d+/g, "");

function sequenceOf({ runNumber, sequenceOffset }: Run): number {
  const sum = [runNumber, sequenceOffset].every((it) => /^\d+$/.test(it))
    ? Number(runNumber) + Number(sequenceOffset)
    : Number.NaN;
  const sequence = Sequence.safeParse(sum);
  if (sequence.success) return sequence.data;
  throw refused(
    `run ${runNumber} with sequence-offset ${sequenceOffset} is no sequence`,
    "sequence-offset takes a whole number from 0",
  );
}

const refused = (happened: string, next: string) =>
  new Problem({ happened, unchanged: "nothing was built or uploaded", next });
