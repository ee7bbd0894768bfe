import { Problem } from "../../lib/problem.ts";
import type { Cluster } from "../../modules/cluster/index.ts";
import type { AppliedResource } from "../../terraform/terraform.ts";
import type { ClusterRemains } from "../aws/cluster-remains.ts";
import type { Effects } from "../core/effects.ts";
import { run } from "../core/run.ts";
import { synthCommand, terraformIn } from "../core/stacks.ts";
import { bucketsOf, destroyFaults } from "./destroy-faults.ts";

export interface DestroyClusterProps {
  readonly cluster: Cluster;
  /** The terraform to run: its name on PATH, or its path. */
  readonly terraform: string;
  /** Whether what holds data goes too; databases leave a last snapshot. */
  readonly withData: boolean;
  /** What Terraform does not delete; undefined in a simulated shell, where none of it is. */
  readonly remains: ClusterRemains | undefined;
}

/**
 * Destroys a cluster: the objects of its buckets, what Terraform made, the state of its keys, which
 * are gone with its Consul, and its parameters. Interrupted at any place, a second run goes on.
 *
 * @returns the exit code: 1 where the person said no.
 * @throws Problem for a cluster that is protected or holds data; then nothing was changed.
 */
export async function destroyCluster(on: Effects, props: DestroyClusterProps): Promise<number> {
  const { cluster, remains, withData } = props;
  const { name, region } = cluster;
  const again = {
    again: `npx shoestring cluster destroy ${name}${withData ? " --with-data" : ""}`,
  };
  const terraform = terraformIn(props.terraform, name);
  const config = terraformIn(props.terraform, `${name}-config`);
  await run(on, synthCommand, again);
  await run(on, terraform("init -input=false"), again);
  const resources = await appliedResources(on, terraform("show -json"));
  refuse(name, resources, withData);
  const plan = terraform("plan -input=false -destroy -out=plan -detailed-exitcode");
  const changes = (await run(on, plan, { good: [0, 2], ...again })) === 2;
  await run(on, config("init -input=false"), again);
  const keys = await appliedResources(on, config("show -json"));
  const parameters = (await remains?.parameters(region, `/shoestring/${name}/`)) ?? [];
  const buckets = bucketsOf(resources);
  if (changes || keys.length > 0 || parameters.length > 0) {
    for (const it of [...buckets.map((it) => `s3://${it} and all in it`), ...parameters]) {
      on.say(`goes too: ${it}`);
    }
    if (!(await on.confirm(`destroy the cluster ${name} in ${cluster.account}, for good?`))) {
      on.say("nothing was changed");
      return 1;
    }
  }
  for (const bucket of remains ? buckets : []) {
    on.say(
      `by hand: aws s3api delete-objects --bucket ${bucket} --delete "$(${versions(bucket)})"`,
    );
    on.say(`${bucket}: ${await remains?.emptyBucket(region, bucket)} versions are deleted`);
  }
  if (changes) await run(on, terraform("apply -input=false plan"), again);
  // Its keys and tokens were in the Consul that is gone; nothing can be asked to delete them.
  if (keys.length > 0) {
    await run(on, `${config("state list")} | xargs ${config("state rm")}`, again);
  }
  if (parameters.length > 0) {
    on.say(`by hand: aws ssm delete-parameters --region ${region} --names ${parameters.join(" ")}`);
    await remains?.deleteParameters(region, parameters);
  }
  for (const line of whatStays(name, region)) on.say(line);
  return 0;
}

const versions = (bucket: string) =>
  `aws s3api list-object-versions --bucket ${bucket} --max-items 1000 --output json --query '{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}'`;

async function appliedResources(on: Effects, command: string): Promise<readonly AppliedResource[]> {
  const { values } = JSON.parse(await on.output(command)) as {
    values?: { root_module?: { resources?: AppliedResource[] } };
  };
  return (values?.root_module?.resources ?? []).filter(({ mode }) => mode === "managed");
}

function refuse(name: string, resources: readonly AppliedResource[], withData: boolean): void {
  const { isProtected, holdData, leaveNoSnapshot } = destroyFaults(resources);
  const refused = (happened: string, next: string) =>
    new Problem({ happened, unchanged: `nothing of ${name} was changed`, next });
  if (isProtected.length > 0) {
    throw refused(
      `${name} is protected: ${isProtected.join(", ")}`,
      `write deletionProtection: false into clusters/${name}.ts, then npx cdktf apply ${name}`,
    );
  }
  if (leaveNoSnapshot.length > 0) {
    throw refused(
      `${leaveNoSnapshot.join(", ")} would leave no last snapshot`,
      `make one: aws rds create-db-snapshot; then take skip_final_snapshot off, and apply ${name}`,
    );
  }
  if (holdData.length > 0 && !withData) {
    throw refused(
      `${name} holds data: ${holdData.join(", ")}`,
      `npx shoestring cluster destroy ${name} --with-data; databases leave a last snapshot`,
    );
  }
}

const whatStays = (name: string, region: string): string[] => [
  `the cluster ${name} is gone. What stays, and how to take it away:`,
  `  last snapshots  aws rds describe-db-snapshots --region ${region} --snapshot-type manual`,
  `  secrets         aws secretsmanager list-secrets --region ${region} --filters Key=name,Values=${name}/`,
  `  its file        git rm clusters/${name}.ts && make addresses, and a pull request`,
  "  its rights      then npx shoestring bootstrap, by an administrator",
];
