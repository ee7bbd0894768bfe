import type { Cluster } from "../../modules/cluster/index.ts";
import { baseCluster } from "./base-cluster.ts";

/** A change of one field of the base cluster. */
export interface FieldChange {
  /** The field as the form calls it, like "services.<name>.command". */
  readonly field: string;
  /** Its path in the base cluster, like `["services", "web", "command"]`. */
  readonly path: readonly string[];
  /** Its new value; `undefined` leaves it out. */
  readonly to: unknown;
  /** New values of fields beside it, by their names, without which the new one is refused. */
  readonly beside: Readonly<Record<string, unknown>>;
  /** What changes, where the values are too long to be shown. */
  readonly words?: string;
}

/** The values that a field changes to, by the field's name below its section. */
export type Changes = Readonly<Record<string, readonly To[]>>;

export interface To {
  readonly value: unknown;
  /** The part of the base cluster that changes, where it is not the section's. */
  readonly of?: readonly string[];
  readonly beside?: Readonly<Record<string, unknown>>;
  readonly words?: string;
}

/** Fields of one part of a cluster's file. */
export interface Section {
  /** Its title on the page. */
  readonly title: string;
  /** What the form calls it, like "services.<name>."; "" for the cluster itself. */
  readonly at: string;
  /** The part of the base cluster that changes. */
  readonly path: readonly string[];
  readonly changes: Changes;
}

/** The changes of a section, in its order. */
export const changesOfSection = ({ at, path, changes }: Section): readonly FieldChange[] =>
  Object.entries(changes).flatMap(([name, values]) =>
    values.map(({ value, of = path, beside = {}, words }) => ({
      field: `${at}${name}`,
      path: [...of, ...concrete(name, of)],
      to: value,
      beside: Object.fromEntries(
        Object.entries(beside).map(([it, its]) => [[...of, it].join("."), its]),
      ),
      ...(words === undefined ? {} : { words }),
    })),
  );

/** The path of a field below a part of the base cluster; `<name>` is the first one there. */
function concrete(name: string, of: readonly string[]): readonly string[] {
  const path: string[] = [];
  for (const key of name.split(".")) {
    const names = Object.keys(valueAt(baseCluster, [...of, ...path]) ?? {});
    path.push(key === "<name>" ? (names[0] as string) : key);
  }
  return path;
}

type Json = Readonly<Record<string, unknown>>;

export const valueAt = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], tree);

/** The base cluster after a change. */
export const changedCluster = ({ path, to, beside }: FieldChange): Cluster =>
  Object.entries(beside).reduce(
    (cluster, [at, value]) => withValue(cluster, at.split("."), value),
    withValue(baseCluster, path, to),
  ) as unknown as Cluster;

function withValue(tree: unknown, [key, ...rest]: readonly string[], value: unknown): Json {
  // A text or number in the place of a map goes with it: `ping: "/ping"` becomes `ping: { path }`.
  const map = typeof tree === "object" && tree !== null ? (tree as Json) : {};
  if (key === undefined) return map;
  return { ...map, [key]: rest.length === 0 ? value : withValue(map[key], rest, value) };
}
