import { accountNames } from "../account/names.ts";
import { bucketName } from "../artifacts/names.ts";
import { attachmentId, internalAttachment, targetGroupId } from "../service/attachment-names.ts";
import { processesOf } from "../service/processes.ts";
import type { Cluster } from "../spec/cluster.ts";
import { internalServices } from "./internal.ts";

/** A name that no second thing may have, and what has it. */
export interface TakenName {
  /** What AWS compares the name with: all of this kind, in this account and region. */
  readonly kind: string;
  readonly name: string;
  /** The field of the cluster file, or a part that every cluster has. */
  readonly owner: string;
  /** Whether it is in the account's own stack, and so the same for each of its clusters. */
  readonly isOfAccount?: boolean;
}

/**
 * Names that a cluster's things have at AWS. Most are made of two parts, so that `prod` with
 * `eu-web` and `prod-eu` with `web` would have the same; AWS refuses the second of most kinds, but
 * an alarm just replaces the first. A test compares this list with what is synthesised.
 */
export function takenNames(cluster: Cluster): TakenName[] {
  const { services, apps = {}, databases = {} } = cluster;
  return [
    ...ownNames(cluster),
    ...Object.keys(services).flatMap((service) => serviceNames(cluster, service)),
    ...Object.keys(apps).flatMap((app) => appNames(cluster, app)),
    ...Object.keys(databases).flatMap((database) => databaseNames(cluster, database)),
  ];
}

/** Names in the account's own stack, which every account with a cluster has. */
export function accountTaken({ account, region }: Cluster): TakenName[] {
  const { planRole, applyRole } = accountNames({ account, region });
  const owner = "the account's own stack";
  const kind = `IAM role in ${account}`;
  return [planRole, applyRole].map((name) => ({ kind, name, owner, isOfAccount: true }));
}

/** Makes names of one owner in a cluster: by kind, endings of `<cluster>-`. */
function named(cluster: Cluster, owner: string) {
  const { name, account, region } = cluster;
  const at = (scope: string) => (kind: string, ending: string) => ({
    kind: `${kind} in ${scope}`,
    name: `${name}-${ending}`,
    owner,
  });
  return { inRegion: at(`${account} and ${region}`), inAccount: at(account) };
}

function ownNames(cluster: Cluster): TakenName[] {
  const { name, account, region, consul = {} } = cluster;
  const owner = "the cluster itself";
  const { inRegion, inAccount } = named(cluster, owner);
  const servers = [1, 2, 3, 4, 5].slice(0, consul.servers ?? 3).map((n) => `consul-${n}`);
  return [
    { kind: "bucket", name: bucketName({ cluster: name, account, region }), owner },
    ...["announce", "consul", "flow-logs"].map((it) => inAccount("IAM role", it)),
    inAccount("instance profile", "consul"),
    ...servers.flatMap((it) => [
      inRegion("Auto Scaling group", it),
      inRegion("launch template", it),
    ]),
    ...["announce", "consul", "consul-clients", "parameters"].map((it) =>
      inRegion("security group", it),
    ),
    ...["public", ...(internalServices(cluster).length > 0 ? ["internal"] : [])].flatMap((it) => [
      inRegion("security group", `${it}-load-balancer`),
      inRegion("load balancer", it),
    ]),
    ...["dead-letters", "errors", "oldest-message"].map((it) =>
      inRegion("alarm", `announce-${it}`),
    ),
    // The instances of a service read every parameter below its name.
    parameters(cluster, "consul", owner),
  ];
}

function serviceNames(cluster: Cluster, service: string): TakenName[] {
  const { account, region } = cluster;
  const owner = `services.${service}`;
  const { inRegion, inAccount } = named(cluster, owner);
  const spec = cluster.services[service];
  const http = spec && processesOf(spec).http;
  const attachment = attachmentId(service, http === "internal" ? internalAttachment : undefined);
  const protocol = spec?.protocol === "http1" ? undefined : spec?.protocol;
  const hasInstances = spec !== undefined && !("sharedWith" in spec.instances);
  return [
    ...(http === "none"
      ? []
      : [
          inRegion("target group", targetGroupId(attachment, protocol)),
          ...["errors", "slow", "unhealthy"].map((it) => inRegion("alarm", `${attachment}-${it}`)),
        ]),
    ...(spec?.repository === undefined
      ? []
      : [
          {
            kind: `IAM role in ${account}`,
            name: accountNames({ account, region }).deployRole(cluster.name, service),
            owner,
          },
        ]),
    ...(hasInstances
      ? [
          inAccount("IAM role", service),
          inAccount("instance profile", service),
          inRegion("Auto Scaling group", service),
          inRegion("launch template", service),
          inRegion("security group", `${service}-instances`),
        ]
      : []),
    parameters(cluster, service, owner),
  ];
}

function appNames(cluster: Cluster, app: string): TakenName[] {
  const { inRegion, inAccount } = named(cluster, `apps.${app}`);
  return [
    inRegion("target group", app),
    inRegion("ECS cluster", app),
    inRegion("security group", `${app}-tasks`),
    inAccount("IAM role", `${app}-execution`),
    inAccount("IAM role", `${app}-task`),
  ];
}

function databaseNames(cluster: Cluster, database: string): TakenName[] {
  const { inRegion } = named(cluster, `databases.${database}`);
  return [inRegion("database", database), inRegion("security group", `${database}-database`)];
}

const parameters = ({ name, account, region }: Cluster, of: string, owner: string): TakenName => ({
  kind: `folder of parameters in ${account} and ${region}`,
  name: `/shoestring/${name}/${of}/`,
  owner,
});
