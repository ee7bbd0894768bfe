import type { Fault } from "../shared/fault.ts";
import type { Cluster } from "../spec/cluster.ts";

/**
 * References to secrets that the instances could not read: their role reads only below the
 * cluster's and the service's own name. Unchecked, a copied file would deploy until its first
 * restart.
 */
export function unreadableReferences(cluster: Cluster): Fault[] {
  const { name, config = {}, services } = cluster;
  const shared = secretsOf(config).map(([variable, value]) => ({
    field: `config.${variable}`,
    value,
    good: "a value that is no secret; a secret belongs to one service: services.<name>.config",
  }));
  const own = Object.entries(services).flatMap(([service, { config: its = {} }]) => {
    const prefixes = neighbours(cluster, service).flatMap((it) => [
      `secretsmanager:${name}/${it}/`,
      `ssm:/shoestring/${name}/${it}/`,
    ]);
    return secretsOf(its)
      .filter(([, value]) => !prefixes.some((prefix) => value.startsWith(prefix)))
      .map(([variable, value]) => ({
        field: `services.${service}.config.${variable}`,
        value,
        good: readable(value, `"secretsmanager:${name}/${service}/database"`),
      }));
  });
  return [...shared, ...own];
}

const readable = (value: string, like: string) =>
  value.includes("rds!")
    ? `a secret of a user that you make for the service, like ${like}: no instance may read RDS's own, of the master user (modules/database/README.md)`
    : `what its instances may read, like ${like}`;

const secretsOf = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).filter(([, value]) => /^(ssm|secretsmanager):/.test(value));

/** Services on the same instances, and so with the same role; the service itself comes first. */
function neighbours({ services }: Cluster, service: string): string[] {
  const machines = (it: string) => {
    const instances = services[it]?.instances;
    return instances && "sharedWith" in instances ? instances.sharedWith : it;
  };
  const others = Object.keys(services).filter(
    (it) => it !== service && machines(it) === machines(service),
  );
  return [service, ...others];
}
