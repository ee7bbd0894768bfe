import { Name } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";

export interface DatabaseProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** The database server's name within the cluster: it is called `<cluster>-<name>`. @default "main" */
  readonly name?: string;
  /** The VPC of the database. */
  readonly vpcId: string;
  /** Private subnets in two zones or more. */
  readonly subnetIds: readonly string[];
  /** Major version of PostgreSQL; AWS installs minor versions by itself, in the maintenance window. @default "17" */
  readonly engineVersion?: string;
  /** Class of the machine. @default "db.t4g.medium" */
  readonly instanceClass?: string;
  /** Name of the first database on the server. @default "app" */
  readonly databaseName?: string;
  /** Storage at the start, in GiB. @default 20 */
  readonly storageGib?: number;
  /** Storage up to which it grows by itself, in GiB. @default 100 */
  readonly maxStorageGib?: number;
  /** Whether a standby in another zone takes over when the machine or its zone fails. @default true */
  readonly multiAz?: boolean;
  /** How far back a restore can go, in days. @default 7 */
  readonly backupDays?: number;
  /** Whether AWS refuses to delete the server. To delete it, set this to `false` and apply that first. @default true */
  readonly deletionProtection?: boolean;
  /** Day and hour in UTC within which AWS may restart it for updates. @default "tue:03" */
  readonly maintenanceHour?: string;
}

export const databaseDefaults = {
  name: "main",
  engineVersion: "17",
  instanceClass: "db.t4g.medium",
  databaseName: "app",
  storageGib: 20,
  maxStorageGib: 100,
  multiAz: true,
  backupDays: 7,
  deletionProtection: true,
  maintenanceHour: "tue:03",
} as const;

export function databaseRules(props: Required<DatabaseProps>) {
  const integer = (it: number, from: number, to: number) =>
    Number.isInteger(it) && it >= from && it <= to;
  const isName = (it: string) => Name.safeParse(it).success && !/--|-$/.test(it);
  return [
    rule("cluster", props.cluster, 'a name without double or last dash, like "staging"', isName),
    rule("name", props.name, 'a name without double or last dash, like "main"', isName),
    rule(
      "subnetIds",
      props.subnetIds,
      "the ids of two or more private subnets, each in another zone",
      (it) => it.length >= 2,
    ),
    rule("engineVersion", props.engineVersion, 'a major version from 14, like "17"', (it) =>
      /^(1[4-9]|[2-9]\d)$/.test(it),
    ),
    rule("instanceClass", props.instanceClass, 'a class, like "db.t4g.medium"', (it) =>
      /^db\.[a-z0-9-]+\.[a-z0-9]+$/.test(it),
    ),
    rule(
      "databaseName",
      props.databaseName,
      'a letter, then up to 62 letters, digits or underscores, like "app"',
      (it) => /^[a-z][a-z0-9_]{0,62}$/.test(it),
    ),
    rule("storageGib", props.storageGib, "whole GiB from 20 to 65536, like 20", (it) =>
      integer(it, 20, 65_536),
    ),
    rule(
      "maxStorageGib",
      props.maxStorageGib,
      `whole GiB, a tenth or more above storageGib (${props.storageGib}), up to 65536, like ${5 * props.storageGib}`,
      (it) => integer(it, Math.ceil(1.1 * props.storageGib), 65_536),
    ),
    rule("backupDays", props.backupDays, "whole days from 1 to 35, like 7", (it) =>
      integer(it, 1, 35),
    ),
    rule(
      "maintenanceHour",
      props.maintenanceHour,
      'a day and an hour in UTC from 00 to 22 but 01, when the backup is made, like "tue:03"',
      (it) => /^(mon|tue|wed|thu|fri|sat|sun):(00|0[2-9]|1\d|2[0-2])$/.test(it),
    ),
  ] satisfies PropRule[];
}
